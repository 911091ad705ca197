import { digestOf } from "@libs/auth";
import type { Principal } from "../../model/identity/principal.ts";
import type { ReadSecret, SecretReference } from "../../model/config/secret-reference.ts";

/** A key of the config. */
export interface ConfiguredKey {
  readonly key: SecretReference;
  readonly owner?: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly tenant?: string;
  readonly plan?: string;
}

/** What any client can send in a header; shorter keys can be guessed. */
const keyShape = /^[!-~]{16,512}$/;

/**
 * The owners of a config's keys by the keys' digests: only digests are kept, and comparing them reveals nothing about a key. @throws
 * TypeError for a key that cannot be sent, could be guessed, or occurs twice. Names the entry, never the key.
 */
export function readConfiguredKeys(
  identity: string,
  keys: Readonly<Record<string, ConfiguredKey>>,
  readSecret: ReadSecret,
): ReadonlyMap<string, Principal> {
  const principals = new Map<string, Principal>();
  for (const [name, entry] of Object.entries(keys)) {
    const key = readSecret(entry.key);
    if (!keyShape.test(key))
      throw new TypeError(`the key ${name} must have 16 to 512 visible characters without spaces`);
    const digest = digestOf(key);
    const other = principals.get(digest);
    if (other !== undefined) throw new TypeError(`the keys ${other.sessionId} and ${name} are the same`);
    principals.set(digest, toPrincipal(identity, name, entry));
  }
  return principals;
}

function toPrincipal(identity: string, name: string, entry: ConfiguredKey): Principal {
  const { owner = name, roles, scopes, tenant = null, plan = null } = entry;
  // keys of two identities may have the same name; limits and revocations must distinguish them
  const id = `${identity}.${name}`;
  return {
    identity,
    method: "api-key",
    subject: owner,
    roles,
    scopes,
    tenantId: tenant,
    sessionId: id,
    plan,
    weight: 1,
    expiresAt: Number.POSITIVE_INFINITY,
    claims: { key: id, name, owner, plan },
  };
}
