import { listUsersPage } from "@libs/auth/platform";
import { type AnyElysia, Elysia } from "elysia";
import { contextOf } from "../accounts.ts";
import type { AdminParts } from "../admin-parts.ts";
import { nextAfter, pageById } from "../paging.ts";

/** `GET /users`, oldest first. */
export function listUsers(parts: AdminParts): AnyElysia {
  return new Elysia().get(
    "/users",
    async ({ query, request }) => {
      const page = { after: query.after ?? null, limit: query.limit };
      const users = await listUsersPage(contextOf(parts, request), page);
      return { users, next: nextAfter(users, page.limit) };
    },
    { query: pageById, detail: { tags: ["users"], summary: "List users, oldest first" } },
  );
}
