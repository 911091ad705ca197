import { CartwayError } from "@libs/errors";
import { recordChange } from "../changes/record-change.ts";
import type { Sql } from "@libs/database";
import { type ApiKey, mintApiKey } from "./api-key.ts";

interface KeyRow {
  readonly id: string;
  readonly prefix: string;
  readonly name: string;
  readonly owner: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly tenant_id: string | null;
  readonly plan: string | null;
  readonly weight: number;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
  readonly revoked_at: Date | null;
  readonly replaced_by: string | null;
}

const columns =
  "id, prefix, name, owner, roles, scopes, tenant_id, plan, weight, created_at, expires_at, last_used_at, revoked_at, replaced_by";

export type NewApiKey = Pick<
  ApiKey,
  "name" | "owner" | "roles" | "scopes" | "tenantId" | "plan" | "weight" | "expiresAt"
>;

export interface CreatedApiKey {
  readonly apiKey: ApiKey;
  /** The key itself: returned once and never stored. */
  readonly key: string;
}

export async function createApiKey(sql: Sql, key: NewApiKey, now: number): Promise<CreatedApiKey> {
  const minted = mintApiKey();
  const rows = await sql.query<KeyRow>(
    `insert into auth_api_keys (id, prefix, key_hash, name, owner, roles, scopes, tenant_id, plan, weight, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning ${columns}`,
    [
      Bun.randomUUIDv7(),
      minted.prefix,
      minted.hash,
      key.name,
      key.owner,
      key.roles,
      key.scopes,
      key.tenantId,
      key.plan,
      key.weight,
      new Date(now),
      toDate(key.expiresAt),
    ],
  );
  return { apiKey: expectKey(rows[0]), key: minted.key };
}

export async function findApiKeyByHash(sql: Sql, hash: string): Promise<ApiKey | null> {
  const rows = await sql.query<KeyRow>(`select ${columns} from auth_api_keys where key_hash = $1`, [hash]);
  return rows[0] === undefined ? null : toApiKey(rows[0]);
}

export async function findApiKeyById(sql: Sql, id: string): Promise<ApiKey | null> {
  const rows = await sql.query<KeyRow>(`select ${columns} from auth_api_keys where id = $1`, [id]);
  return rows[0] === undefined ? null : toApiKey(rows[0]);
}

export interface KeyPage {
  /** `null` for all owners. */
  readonly owner: string | null;
  /** The id of the last one seen. */
  readonly after: string | null;
  readonly limit: number;
}

/** A page of keys, newest first: ids are ordered by time. */
export async function listApiKeys(sql: Sql, { owner, after, limit }: KeyPage): Promise<ApiKey[]> {
  const rows = await sql.query<KeyRow>(
    `select ${columns} from auth_api_keys
     where ($1::text is null or owner = $1) and ($2::uuid is null or id < $2::uuid) order by id desc limit $3`,
    [owner, after, limit],
  );
  return rows.map(toApiKey);
}

/** Revokes a key on all instances. Throws `not_found`; a key that was already revoked is unchanged. */
export async function revokeApiKey(sql: Sql, id: string, now: number): Promise<ApiKey> {
  const rows = await sql.query<KeyRow>(
    `update auth_api_keys set revoked_at = coalesce(revoked_at, $2) where id = $1 returning ${columns}`,
    [id, new Date(now)],
  );
  const revoked = expectKey(rows[0]);
  await recordChange(sql, { kind: "api-key", subject: id, value: now }, now);
  return revoked;
}

/**
 * Creates a key with the rights of an old one, which stays valid for `overlapMs`. Throws `not_found`, or `conflict` for a key that is no
 * longer valid or has a successor already: another one would end with the overlap of the first.
 */
export async function rotateApiKey(
  sql: Sql,
  id: string,
  overlapMs: number,
  now: number,
): Promise<CreatedApiKey> {
  const rows = await sql.query<KeyRow>(`select ${columns} from auth_api_keys where id = $1 for update`, [id]);
  const old = expectKey(rows[0]);
  const successor = rows[0]?.replaced_by ?? null;
  if (successor !== null) {
    const message = `The key was rotated already: its successor is ${successor}, which can be rotated instead.`;
    throw new CartwayError("conflict", { message });
  }
  if (old.revokedAt !== null || (old.expiresAt !== null && old.expiresAt <= now)) {
    throw new CartwayError("conflict", { message: "The key has been revoked or has expired." });
  }
  const created = await createApiKey(sql, old, now);
  await sql.query(
    "update auth_api_keys set expires_at = least(coalesce(expires_at, $2), $2), replaced_by = $3 where id = $1",
    [id, new Date(now + overlapMs), created.apiKey.id],
  );
  await recordChange(sql, { kind: "api-key", subject: id, value: now + overlapMs }, now);
  return created;
}

/** Updates when keys were last used, in one statement. */
export async function touchApiKeys(sql: Sql, uses: ReadonlyMap<string, number>): Promise<void> {
  await sql.query(
    `update auth_api_keys k set last_used_at = greatest(k.last_used_at, to_timestamp(u.at / 1000))
     from unnest($1::uuid[], $2::float8[]) as u (id, at) where k.id = u.id`,
    [[...uses.keys()], [...uses.values()]],
  );
}

function expectKey(row: KeyRow | undefined): ApiKey {
  if (row === undefined) throw new CartwayError("not_found", { message: "There is no such key." });
  return toApiKey(row);
}

function toApiKey(row: KeyRow): ApiKey {
  return {
    id: row.id,
    prefix: row.prefix,
    name: row.name,
    owner: row.owner,
    roles: row.roles,
    scopes: row.scopes,
    tenantId: row.tenant_id,
    plan: row.plan,
    weight: row.weight,
    createdAt: row.created_at.getTime(),
    expiresAt: row.expires_at?.getTime() ?? null,
    lastUsedAt: row.last_used_at?.getTime() ?? null,
    revokedAt: row.revoked_at?.getTime() ?? null,
  };
}

function toDate(time: number | null): Date | null {
  return time === null ? null : new Date(time);
}
