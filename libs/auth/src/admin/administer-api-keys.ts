import { CartwayError } from "@libs/errors";
import { recordAct } from "../audit/audit-log.ts";
import type { ApiKey } from "../api-keys/api-key.ts";
import {
  type CreatedApiKey,
  createApiKey,
  listApiKeys,
  type NewApiKey,
  revokeApiKey,
  rotateApiKey,
} from "../api-keys/api-key-store.ts";
import { type AdminContext, act, assertRoles } from "./admin-context.ts";

export function listKeys(context: AdminContext, owner: string | null): Promise<readonly ApiKey[]> {
  return listApiKeys(context.sql, owner);
}

/** The answer holds the key itself, for the only time. */
export async function addKey(context: AdminContext, draft: NewApiKey): Promise<CreatedApiKey> {
  assertRoles(context, draft.roles);
  if (!(draft.weight > 0) || (draft.expiresAt !== null && draft.expiresAt <= context.now())) {
    throw new CartwayError("validation_failed", {
      details: [{ path: "", message: "a weight is above 0 and an expiry lies in the future" }],
    });
  }
  return act(context, async (sql) => {
    const created = await createApiKey(sql, draft, context.now());
    const { apiKey } = created;
    const entry = { verb: "api-key.create", subject: apiKey.id, before: null, after: apiKey };
    await recordAct(sql, { actor: context.actor, ...entry }, context.now());
    return created;
  });
}

/** A successor with the same rights; the key itself stays good for `overlapMs`. */
export async function rotateKey(
  context: AdminContext,
  id: string,
  overlapMs: number,
): Promise<CreatedApiKey> {
  return act(context, async (sql) => {
    const created = await rotateApiKey(sql, id, overlapMs, context.now());
    const entry = { verb: "api-key.rotate", subject: id, before: { overlapMs }, after: created.apiKey };
    await recordAct(sql, { actor: context.actor, ...entry }, context.now());
    return created;
  });
}

/** Ends a key: here at once, on every instance within the time of two polls of the change feed. */
export async function revokeKey(context: AdminContext, id: string): Promise<ApiKey> {
  return act(context, async (sql) => {
    const apiKey = await revokeApiKey(sql, id, context.now());
    await recordAct(
      sql,
      { actor: context.actor, verb: "api-key.revoke", subject: id, before: null, after: apiKey },
      context.now(),
    );
    return apiKey;
  });
}
