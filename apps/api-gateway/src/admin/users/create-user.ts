import { addUser } from "@libs/auth/platform";
import { Type } from "@sinclair/typebox";
import { type AnyElysia, Elysia } from "elysia";
import { contextOf } from "../accounts.ts";
import type { AdminParts } from "../admin-parts.ts";
import { roleNames, tenantName } from "./user-fields.ts";

const body = Type.Object(
  {
    email: Type.String({ minLength: 3, maxLength: 254 }),
    password: Type.Union([Type.Null(), Type.String({ minLength: 10, maxLength: 256 })], {
      default: null,
      description: "null for users who sign in with another provider only.",
    }),
    roles: roleNames,
    tenantId: Type.Union([Type.Null(), tenantName], { default: null }),
  },
  { additionalProperties: false },
);

/** `POST /users` → 201 with the user. */
export function createUser(parts: AdminParts): AnyElysia {
  return new Elysia().post(
    "/users",
    async ({ body, request, set }) => {
      const user = await addUser(contextOf(parts, request), body);
      set.status = 201;
      return user;
    },
    { body, detail: { tags: ["users"], summary: "Create a user" } },
  );
}
