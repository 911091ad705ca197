import { randomBytes } from "node:crypto";
import { digestOf } from "../token/token-digest.ts";

/** What is known of a key. The key itself is shown once, when it is made. */
export interface ApiKey {
  readonly id: string;
  /** The beginning of the key, to recognise it by. */
  readonly prefix: string;
  readonly name: string;
  readonly owner: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly tenantId: string | null;
  readonly plan: string | null;
  /** The key's share in rate limits: 2 allows twice as much. */
  readonly weight: number;
  /** Milliseconds since the epoch, as the other times; `null` for never. */
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

/** `cwk_`, eight characters to recognise it by, and 256 random bits: easy to find in leaked code, impossible to guess. */
export function mintApiKey(): MintedKey {
  const key = `cwk_${randomBytes(6).toString("base64url")}_${randomBytes(32).toString("base64url")}`;
  return { key, prefix: key.slice(0, prefixLength), hash: digestOf(key) };
}

/** Tells a text that cannot be a key without asking anybody. */
export function isApiKeyShaped(text: string): boolean {
  return pattern.test(text);
}
