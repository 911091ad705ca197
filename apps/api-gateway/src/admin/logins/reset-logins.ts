import { resetLogins as reset } from "@libs/auth/platform";
import { type AnyElysia, Elysia } from "elysia";
import { contextOf } from "../accounts.ts";
import type { AdminParts } from "../admin-parts.ts";
import { attemptsSchema } from "./attempts-schema.ts";

/** `POST /logins/reset` → the attempts left, which are all again. */
export function resetLogins(parts: AdminParts): AnyElysia {
  return new Elysia().post(
    "/logins/reset",
    ({ body: { email = null, address = null }, request }) =>
      reset(contextOf(parts, request), { email, address }),
    {
      body: attemptsSchema,
      detail: { tags: ["limits"], summary: "Reset the login attempts" },
    },
  );
}
