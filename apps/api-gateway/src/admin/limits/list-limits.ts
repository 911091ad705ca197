import { type AnyElysia, Elysia } from "elysia";
import type { AdminParts } from "../admin-parts.ts";
import { nextAfter, pageByName, pageOf } from "../paging.ts";

/** `GET /limits`: every limit of the config, under the name used in refusals and explanations. */
export function listLimits({ limiters }: AdminParts): AnyElysia {
  return new Elysia().get(
    "/limits",
    ({ query }) => {
      const all = limiters.all().map(({ name, rates, store }) => ({ id: name, rates, store: store.type }));
      const limits = pageOf(all, query);
      return { limits, next: nextAfter(limits, query.limit) };
    },
    { query: pageByName, detail: { tags: ["limits"], summary: "List the rate limits" } },
  );
}
