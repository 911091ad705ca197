import { CartwayError } from "@libs/errors";
import type { ApiKey } from "../api-keys/api-key.ts";
import {
  type CreatedApiKey,
  createApiKey,
  findApiKeyById,
  type KeyPage,
  listApiKeys,
  type NewApiKey,
  revokeApiKey,
  rotateApiKey,
} from "../api-keys/api-key-store.ts";
import { type AdminContext, act, assertRoles } from "./admin-context.ts";

/** A page of keys, newest first. */
export function listKeys(context: AdminContext, page: KeyPage): Promise<readonly ApiKey[]> {
  return listApiKeys(context.sql, page);
}

/** The result contains the key itself, which cannot be retrieved again. */
export async function addKey(context: AdminContext, draft: NewApiKey): Promise<CreatedApiKey> {
  assertRoles(context, draft.roles);
  if (!(draft.weight > 0) || (draft.expiresAt !== null && draft.expiresAt <= context.now())) {
    throw new CartwayError("validation_failed", {
      details: [{ path: "", message: "a weight is above 0 and an expiry lies in the future" }],
    });
  }
  return act(context, async (sql, record) => {
    const created = await createApiKey(sql, draft, context.now());
    const { apiKey } = created;
    await record({ verb: "api-key.create", subject: apiKey.id, before: null, after: apiKey });
    return created;
  });
}

/** Creates a successor with the same rights; the old key stays valid for `overlapMs`. */
export async function rotateKey(
  context: AdminContext,
  id: string,
  overlapMs: number,
): Promise<CreatedApiKey> {
  return act(context, async (sql, record) => {
    const before = await findApiKeyById(sql, id);
    const created = await rotateApiKey(sql, id, overlapMs, context.now());
    const after = { overlapMs, successor: created.apiKey };
    await record({ verb: "api-key.rotate", subject: id, before, after });
    return created;
  });
}

/** Revokes a key: here at once, on other instances within two polls of the change feed. */
export async function revokeKey(context: AdminContext, id: string): Promise<ApiKey> {
  return act(context, async (sql, record) => {
    const before = await findApiKeyById(sql, id);
    const apiKey = await revokeApiKey(sql, id, context.now());
    await record({ verb: "api-key.revoke", subject: id, before, after: apiKey });
    return apiKey;
  });
}
