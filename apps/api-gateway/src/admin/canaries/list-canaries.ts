import { type AnyElysia, Elysia } from "elysia";
import { idOf } from "../../policies/canary/canary-board.ts";
import type { AdminParts } from "../admin-parts.ts";
import { nextAfter, pageByName, pageOf } from "../paging.ts";

/** `GET /canaries`: canaries with automatic rollback, what this instance has observed, and why one was rolled back. */
export function listCanaries({ canaries }: AdminParts): AnyElysia {
  return new Elysia().get(
    "/canaries",
    ({ query }) => {
      const all = canaries.all().map(({ route, service, percent, trial }) => ({
        id: idOf({ route, service }),
        route,
        service,
        percent,
        rollback: trial.rollback,
        ...trial.figures(),
      }));
      const page = pageOf(all, query);
      return { canaries: page, next: nextAfter(page, query.limit) };
    },
    {
      query: pageByName,
      detail: { tags: ["routes"], summary: "List the canaries on trial with their observations" },
    },
  );
}
