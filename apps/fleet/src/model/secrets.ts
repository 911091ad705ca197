import { timingSafeEqual } from "node:crypto";

/**
 * 256 random bits as text. Such a secret needs no slow hash: trying 2^256 of them is infeasible at any cost per try, and a slow
 * hash would let device logins be used to overload the service. argon2id is for passwords that people choose.
 */
export function createSecret(prefix: string): string {
  return `${prefix}_${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url")}`;
}

/** SHA-256 in hex: the only form in which codes, secrets and tokens are kept. */
export function digestOf(secret: string): string {
  return new Bun.CryptoHasher("sha256").update(secret).digest("hex");
}

/** Constant-time comparison. A missing digest matches nothing and takes as long. */
export function matchesDigest(digest: string, kept: string | null): boolean {
  const other = kept ?? "0".repeat(64);
  return timingSafeEqual(Buffer.from(digest), Buffer.from(other)) && kept !== null;
}
