import { CartwayError } from "@libs/errors";
import { recordChange } from "../changes/record-change.ts";
import { revokeSessionsOf } from "../sessions/session-store.ts";
import type { Sql } from "@libs/database";
import { emailKey, type StoredUser } from "./user.ts";

interface UserRow {
  readonly id: string;
  readonly email: string;
  readonly password_hash: string | null;
  readonly roles: readonly string[];
  readonly tenant_id: string | null;
  readonly version: number;
  readonly disabled_at: Date | null;
  readonly created_at: Date;
}

const columns = "id, email, password_hash, roles, tenant_id, version, disabled_at, created_at";

export interface NewUser {
  readonly email: string;
  readonly passwordHash: string | null;
  readonly roles: readonly string[];
  readonly tenantId: string | null;
}

/** The fields of a user that can be changed. Every change revokes the user's tokens. */
export interface UserChange {
  readonly passwordHash?: string;
  readonly roles?: readonly string[];
  readonly tenantId?: string | null;
  readonly disabled?: boolean;
}

export async function findUserByEmail(sql: Sql, email: string): Promise<StoredUser | null> {
  // PostgreSQL texts cannot contain NUL, so no user has such an address
  if (email.includes("\0")) return null;
  const rows = await sql.query<UserRow>(`select ${columns} from auth_users where email_key = $1`, [
    emailKey(email),
  ]);
  return toUser(rows[0]);
}

export async function findUserById(sql: Sql, id: string): Promise<StoredUser | null> {
  const rows = await sql.query<UserRow>(`select ${columns} from auth_users where id = $1`, [id]);
  return toUser(rows[0]);
}

/** A page of users after the id `after`, oldest first. */
export async function listUsers(
  sql: Sql,
  page: { after: string | null; limit: number },
): Promise<StoredUser[]> {
  const rows = await sql.query<UserRow>(
    `select ${columns} from auth_users where $1::uuid is null or id > $1::uuid order by id limit $2`,
    [page.after, page.limit],
  );
  return rows.map(toUser).filter((user) => user !== null);
}

/** Throws `conflict` where the address is in use. */
export async function createUser(sql: Sql, user: NewUser, now: number): Promise<StoredUser> {
  const rows = await sql.query<UserRow>(
    `insert into auth_users (id, email, email_key, password_hash, roles, tenant_id, created_at)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (email_key) do nothing returning ${columns}`,
    [
      Bun.randomUUIDv7(),
      user.email.trim(),
      emailKey(user.email),
      user.passwordHash,
      user.roles,
      user.tenantId,
      new Date(now),
    ],
  );
  const created = toUser(rows[0]);
  if (created === null) throw new CartwayError("conflict", { message: "A user with this address exists." });
  return created;
}

/**
 * Changes a user in the caller's transaction and notifies all instances; a new password or disabling ends the sessions too. All
 * operations lock users, then sessions, then the change counter: another order would deadlock. Throws `not_found`.
 */
export async function changeUser(
  sql: Sql,
  { id, ...change }: UserChange & Pick<StoredUser, "id">,
  now: number,
): Promise<StoredUser> {
  const rows = await sql.query<UserRow>(
    `update auth_users set
       password_hash = coalesce($2, password_hash),
       roles = coalesce($3, roles),
       tenant_id = case when $4 then $5 else tenant_id end,
       disabled_at = case when $6::boolean is null then disabled_at when $6 then $7::timestamptz else null end,
       version = version + 1
     where id = $1 returning ${columns}`,
    [
      id,
      change.passwordHash ?? null,
      change.roles ?? null,
      change.tenantId !== undefined,
      change.tenantId ?? null,
      change.disabled ?? null,
      new Date(now),
    ],
  );
  const changed = toUser(rows[0]);
  if (changed === null) throw new CartwayError("not_found", { message: "There is no such user." });
  if (change.passwordHash !== undefined || change.disabled === true)
    await revokeSessionsOf(sql, id, "user changed", now);
  await recordChange(sql, { kind: "user", subject: id, value: changed.version }, now);
  return changed;
}

/** Whether the user's version is still the one that was read; the row stays locked until the transaction ends. */
export async function isUnchanged(sql: Sql, { id, version }: StoredUser): Promise<boolean> {
  const rows = await sql.query("select 1 from auth_users where id = $1 and version = $2 for share", [
    id,
    version,
  ]);
  return rows.length > 0;
}

/** Stores the password hashed with the current parameters, unless the user was changed meanwhile. Does not revoke tokens. */
export async function refreshPasswordHash(
  sql: Sql,
  { id, version }: StoredUser,
  passwordHash: string,
): Promise<void> {
  await sql.query("update auth_users set password_hash = $3 where id = $1 and version = $2", [
    id,
    version,
    passwordHash,
  ]);
}

function toUser(row: UserRow | undefined): StoredUser | null {
  if (row === undefined) return null;
  return {
    id: row.id,
    email: row.email,
    roles: row.roles,
    tenantId: row.tenant_id,
    disabled: row.disabled_at !== null,
    createdAt: row.created_at.toISOString(),
    passwordHash: row.password_hash,
    version: row.version,
  };
}
