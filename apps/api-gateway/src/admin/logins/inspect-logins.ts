import { inspectLogins as inspect } from "@libs/auth/platform";
import { type AnyElysia, Elysia } from "elysia";
import { contextOf } from "../accounts.ts";
import type { AdminParts } from "../admin-parts.ts";
import { attemptsSchema } from "./attempts-schema.ts";

/** `GET /logins?email=&address=`: the number of login attempts left. Takes none. */
export function inspectLogins(parts: AdminParts): AnyElysia {
  return new Elysia().get(
    "/logins",
    ({ query: { email = null, address = null }, request }) =>
      inspect(contextOf(parts, request), { email, address }),
    { query: attemptsSchema, detail: { tags: ["limits"], summary: "Inspect the remaining login attempts" } },
  );
}
