import type { UserEdit } from "@libs/auth";
import { editUser as changeUser } from "@libs/auth/platform";
import { type Static, Type } from "@sinclair/typebox";
import { type AnyElysia, Elysia } from "elysia";
import { contextOf } from "../accounts.ts";
import type { AdminParts } from "../admin-parts.ts";
import { byId, roleNames, tenantName } from "./user-fields.ts";

const body = Type.Object(
  {
    password: Type.Optional(Type.String({ minLength: 10, maxLength: 256 })),
    roles: Type.Optional(roleNames),
    tenantId: Type.Optional(Type.Union([Type.Null(), tenantName])),
    disabled: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false, minProperties: 1 },
);

/** `PATCH /users/:id` → the user. Revokes the tokens issued before; a new password or disabling ends the sessions too. */
export function editUser(parts: AdminParts): AnyElysia {
  return new Elysia().patch(
    "/users/:id",
    ({ body, params, request }) => changeUser(contextOf(parts, request), params.id, toEdit(body)),
    {
      body,
      params: byId,
      detail: { tags: ["users"], summary: "Change a user's roles, tenant, password or status" },
    },
  );
}

/** Absent fields stay unchanged. */
function toEdit({ password, roles, tenantId, disabled }: Static<typeof body>): UserEdit {
  return {
    ...(password === undefined ? {} : { password }),
    ...(roles === undefined ? {} : { roles }),
    ...(tenantId === undefined ? {} : { tenantId }),
    ...(disabled === undefined ? {} : { disabled }),
  };
}
