import { endSessionsOf } from "@libs/auth/platform";
import { type AnyElysia, Elysia } from "elysia";
import { contextOf } from "../accounts.ts";
import type { AdminParts } from "../admin-parts.ts";
import { byId } from "../users/user-fields.ts";

/** `POST /users/:id/sessions/revoke` → `{ ended }`, the number of sessions. */
export function revokeSessions(parts: AdminParts): AnyElysia {
  return new Elysia().post(
    "/users/:id/sessions/revoke",
    async ({ params, request }) => ({ ended: await endSessionsOf(contextOf(parts, request), params.id) }),
    { params: byId, detail: { tags: ["sessions"], summary: "End all sessions of a user on every instance" } },
  );
}
