import { randomBytes } from "node:crypto";
import { digestOf } from "../token/token-digest.ts";

/** The metadata of a key. The key itself is only shown on creation. */
export interface ApiKey {
  readonly id: string;
  /** The first characters of the key, for recognition. */
  readonly prefix: string;
  readonly name: string;
  readonly owner: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly tenantId: string | null;
  readonly plan: string | null;
  /** Scales rate limits: 2 allows twice as much. */
  readonly weight: number;
  /** Milliseconds since the epoch; `null` for never. */
  readonly expiresAt: number | null;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}

const pattern = /^cwk_[A-Za-z0-9_-]{8}_[A-Za-z0-9_-]{43}$/;
const prefixLength = "cwk_".length + 8;

export interface MintedKey {
  readonly key: string;
  readonly prefix: string;
  readonly hash: string;
}

/** `cwk_`, eight characters for recognition, and 256 random bits: easy to detect in leaked code, infeasible to guess. */
export function mintApiKey(): MintedKey {
  const key = `cwk_${randomBytes(6).toString("base64url")}_${randomBytes(32).toString("base64url")}`;
  return { key, prefix: key.slice(0, prefixLength), hash: digestOf(key) };
}

/** A syntactic check, which refuses most invalid keys without a look-up. */
export function isApiKeyShaped(text: string): boolean {
  return pattern.test(text);
}
