import { listSessionsOf } from "@libs/auth/platform";
import { type AnyElysia, Elysia } from "elysia";
import { contextOf } from "../accounts.ts";
import type { AdminParts } from "../admin-parts.ts";
import { byId } from "../users/user-fields.ts";

/** `GET /users/:id/sessions`: active sessions, most recently used first, at most 100. */
export function listSessions(parts: AdminParts): AnyElysia {
  return new Elysia().get(
    "/users/:id/sessions",
    async ({ params, request }) => ({ sessions: await listSessionsOf(contextOf(parts, request), params.id) }),
    { params: byId, detail: { tags: ["sessions"], summary: "List a user's sessions, at most 100" } },
  );
}
