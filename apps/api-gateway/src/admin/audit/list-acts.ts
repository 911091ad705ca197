import { listActs } from "@libs/auth/platform";
import { type AnyElysia, Elysia } from "elysia";
import { accountsOf } from "../accounts.ts";
import type { AdminParts } from "../admin-parts.ts";
import { nextAfter, pageById } from "../paging.ts";

/** `GET /audit`: administrators' acts, latest first. */
export function listAudit(parts: AdminParts): AnyElysia {
  return new Elysia().get(
    "/audit",
    async ({ query }) => {
      const page = { after: query.after ?? null, limit: query.limit };
      const acts = await listActs(accountsOf(parts).sql, page);
      return { acts, next: nextAfter(acts, page.limit) };
    },
    { query: pageById, detail: { tags: ["audit"], summary: "List audited changes, latest first" } },
  );
}
