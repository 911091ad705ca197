import { revokeKey } from "@libs/auth/platform";
import { type AnyElysia, Elysia } from "elysia";
import { contextOf } from "../accounts.ts";
import type { AdminParts } from "../admin-parts.ts";
import { byId } from "../users/user-fields.ts";

/** `POST /api-keys/:id/revoke` → the revoked key. Every instance refuses it within a second. */
export function revokeApiKey(parts: AdminParts): AnyElysia {
  return new Elysia().post(
    "/api-keys/:id/revoke",
    ({ params, request }) => revokeKey(contextOf(parts, request), params.id),
    { params: byId, detail: { tags: ["api-keys"], summary: "Revoke an API key on every instance" } },
  );
}
