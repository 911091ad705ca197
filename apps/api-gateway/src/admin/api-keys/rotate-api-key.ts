import { rotateKey } from "@libs/auth/platform";
import { Type } from "@sinclair/typebox";
import { type AnyElysia, Elysia } from "elysia";
import { contextOf } from "../accounts.ts";
import type { AdminParts } from "../admin-parts.ts";
import { byId } from "../users/user-fields.ts";

const body = Type.Object(
  {
    overlapMs: Type.Integer({
      minimum: 0,
      maximum: 7_776_000_000,
      default: 86_400_000,
      description: "How long the old key stays good.",
    }),
  },
  { additionalProperties: false },
);

/** `POST /api-keys/:id/rotate` → 201 with a successor that has the same rights, shown only once. */
export function rotateApiKey(parts: AdminParts): AnyElysia {
  return new Elysia().post(
    "/api-keys/:id/rotate",
    async ({ body, params, request, set }) => {
      const created = await rotateKey(contextOf(parts, request), params.id, body.overlapMs);
      set.status = 201;
      return created;
    },
    {
      body,
      params: byId,
      detail: { tags: ["api-keys"], summary: "Rotate an API key; both keys are valid during the overlap" },
    },
  );
}
