import { endSession } from "@libs/auth/platform";
import { type AnyElysia, Elysia } from "elysia";
import { contextOf } from "../accounts.ts";
import type { AdminParts } from "../admin-parts.ts";
import { byId } from "../users/user-fields.ts";

/** `POST /sessions/:id/revoke` → 204. Within a second, every instance refuses its tokens and closes its sockets. */
export function revokeSession(parts: AdminParts): AnyElysia {
  return new Elysia().post(
    "/sessions/:id/revoke",
    async ({ params, request }) => {
      await endSession(contextOf(parts, request), params.id);
      return new Response(null, { status: 204 });
    },
    { params: byId, detail: { tags: ["sessions"], summary: "End a session on every instance" } },
  );
}
