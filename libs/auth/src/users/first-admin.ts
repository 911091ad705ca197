import { randomBytes } from "node:crypto";
import { lockChanges } from "../changes/record-change.ts";
import type { PasswordHasher } from "../passwords/password-hasher.ts";
import type { Sql } from "@libs/database";
import { createUser } from "./user-store.ts";

export interface FirstAdmin {
  readonly email: string;
  /** To be shown once: only its hash is stored. */
  readonly password: string;
}

/** Creates an administrator where there are no users; `null` otherwise. Instances that start at the same time create one between them. */
export async function createFirstAdmin(
  sql: Sql,
  admin: { readonly email: string; readonly password: string | null },
  hasher: PasswordHasher,
  now: number,
): Promise<FirstAdmin | null> {
  if (await hasUsers(sql)) return null;
  const password = admin.password ?? randomBytes(18).toString("base64url");
  const passwordHash = await hasher.hash(password);
  return sql.transaction(async (inner) => {
    await lockChanges(inner);
    if (await hasUsers(inner)) return null;
    await createUser(inner, { email: admin.email, passwordHash, roles: ["admin"], tenantId: null }, now);
    return { email: admin.email, password };
  });
}

async function hasUsers(sql: Sql): Promise<boolean> {
  const rows = await sql.query<{ found: boolean }>("select exists (select from auth_users) as found");
  return rows[0]?.found === true;
}
