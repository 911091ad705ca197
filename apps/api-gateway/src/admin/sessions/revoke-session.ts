import { endSession } from "@libs/auth";
import { type AnyElysia, Elysia } from "elysia";
import { contextOf } from "../accounts.ts";
import type { AdminParts } from "../admin-parts.ts";
import { byId } from "../users/user-fields.ts";

/** `POST /sessions/:id/revoke` → 204. Its tokens are refused, and its sockets closed, on every instance within a second. */
export function revokeSession(parts: AdminParts): AnyElysia {
  return new Elysia().post(
    "/sessions/:id/revoke",
    async ({ params, request }) => {
      await endSession(contextOf(parts, request), params.id);
      return new Response(null, { status: 204 });
    },
    { params: byId, detail: { tags: ["sessions"], summary: "Ends a session everywhere" } },
  );
}
