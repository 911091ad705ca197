import { type AnyElysia, Elysia } from "elysia";
import type { AdminParts } from "../admin-parts.ts";
import { nextAfter, pageByName, pageOf } from "../paging.ts";

/** `GET /services`: each service with the current state of its targets. */
export function listServices({ current }: AdminParts): AnyElysia {
  return new Elysia().get(
    "/services",
    ({ query }) => {
      const page = pageOf(current().services.all(), query);
      return {
        services: page.map((service) => service.describe()),
        next: nextAfter(page, query.limit),
      };
    },
    {
      query: pageByName,
      detail: { tags: ["services"], summary: "List services with the current state of each target" },
    },
  );
}
