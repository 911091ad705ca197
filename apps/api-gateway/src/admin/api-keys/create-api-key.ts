import { addKey } from "@libs/auth/platform";
import { Type } from "@sinclair/typebox";
import { type AnyElysia, Elysia } from "elysia";
import { contextOf } from "../accounts.ts";
import type { AdminParts } from "../admin-parts.ts";
import { roleNames, tenantName } from "../users/user-fields.ts";

const word = Type.String({ minLength: 1, maxLength: 256 });

const body = Type.Object(
  {
    name: word,
    owner: word,
    roles: Type.Array(roleNames.items, { maxItems: 64, default: [] }),
    scopes: Type.Array(Type.String({ pattern: "^[\\x21\\x23-\\x5b\\x5d-\\x7e]{1,128}$" }), {
      maxItems: 64,
      default: [],
    }),
    tenantId: Type.Union([Type.Null(), tenantName], { default: null }),
    plan: Type.Union([Type.Null(), word], { default: null }),
    weight: Type.Number({ exclusiveMinimum: 0, maximum: 1e6, default: 1, description: "Share in limits." }),
    expiresAt: Type.Union([Type.Null(), Type.Integer({ maximum: 8_640_000_000_000_000 })], {
      default: null,
      description: "Milliseconds since the epoch; null for never.",
    }),
  },
  { additionalProperties: false },
);

/** `POST /api-keys` → 201 with the key itself, which cannot be retrieved again. */
export function createApiKey(parts: AdminParts): AnyElysia {
  return new Elysia().post(
    "/api-keys",
    async ({ body, request, set }) => {
      const created = await addKey(contextOf(parts, request), body);
      set.status = 201;
      return created;
    },
    { body, detail: { tags: ["api-keys"], summary: "Create an API key; it is shown only once" } },
  );
}
