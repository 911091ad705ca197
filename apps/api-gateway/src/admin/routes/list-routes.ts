import { type AnyElysia, Elysia } from "elysia";
import type { CompiledRoute } from "../../pipeline/compiled-route.ts";
import type { AdminParts } from "../admin-parts.ts";
import { redactConfig } from "../config/redact-config.ts";
import { nextAfter, pageByName, pageOf } from "../paging.ts";

/** `GET /routes`: each route with its policies in execution order, and counts of their verdicts. */
export function listRoutes({ current }: AdminParts): AnyElysia {
  return new Elysia().get(
    "/routes",
    ({ query }) => {
      const page = pageOf(current().routes, query);
      return { routes: page.map(describe), next: nextAfter(page, query.limit) };
    },
    {
      query: pageByName,
      detail: {
        tags: ["routes"],
        summary: "List routes with their policies in order and each policy's decisions",
      },
    },
  );
}

function describe({
  id,
  match,
  service,
  aggregate,
  policies,
  timeouts,
  totalMs,
  bodyBytesMax,
}: CompiledRoute) {
  return {
    id,
    match: redactConfig(match),
    service: service?.id ?? null,
    parts: aggregate?.describe() ?? [],
    policies: policies.map(({ type, phase, tally }) => ({ type, phase, counts: tally.counts() })),
    timeouts: { ...timeouts, totalMs },
    bodyBytesMax,
  };
}
