import { createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import { isSymmetric, type JwsAlgorithmName, jwsAlgorithms } from "./jws-algorithms.ts";

/** A key and the algorithms it may be used with, so that a token's header never decides how a key is used. */
export interface VerificationKey {
  /** `null` for an unnamed key, which only serves tokens without `kid`. */
  readonly keyId: string | null;
  readonly algorithms: ReadonlySet<JwsAlgorithmName>;
  readonly key: KeyObject;
}

/**
 * Imports a public JWK (RFC 7517) for the `allowed` algorithms that fit. `null` for anything unusable: another `use`, a private or
 * symmetric key, a short RSA modulus, an unknown curve.
 */
export function importPublicJwk(
  jwk: Readonly<Record<string, unknown>>,
  allowed: readonly JwsAlgorithmName[],
): VerificationKey | null {
  if (jwk["kty"] === "oct" || Object.hasOwn(jwk, "d") || !isForSignatures(jwk)) return null;
  const key = toPublicKey(jwk);
  return key === null ? null : bind(key, readKeyId(jwk), restrict(jwk, allowed));
}

/** Imports a public key from PEM (SPKI or certificate). Throws for anything else, and where no allowed algorithm fits. */
export function importPublicPem(
  pem: string,
  keyId: string | null,
  allowed: readonly JwsAlgorithmName[],
): VerificationKey {
  const key = bind(createPublicKey(pem), keyId, allowed);
  if (key === null) throw new TypeError("the public key fits none of the allowed algorithms");
  return key;
}

/** Imports a shared secret for HMAC. Throws where it is shorter than the hash (RFC 7518, section 3.2). */
export function importSecret(
  secret: Uint8Array,
  keyId: string | null,
  allowed: readonly JwsAlgorithmName[],
): VerificationKey {
  const algorithms = allowed.filter(isSymmetric);
  const key = bind(createSecretKey(secret), keyId, algorithms);
  if (algorithms.length === 0)
    throw new TypeError("none of the allowed algorithms works with a shared secret");
  if (key === null) throw new TypeError(`the secret is too short: ${algorithms.map(need).join(", ")}`);
  return key;
}

/** Algorithm names end in the bits of their hash: HS256. */
function need(algorithm: JwsAlgorithmName): string {
  return `${algorithm} needs at least ${Number(algorithm.slice(-3)) / 8} bytes`;
}

function bind(
  key: KeyObject,
  keyId: string | null,
  allowed: readonly JwsAlgorithmName[],
): VerificationKey | null {
  const algorithms = new Set(allowed.filter((name) => jwsAlgorithms[name].fits(key)));
  return algorithms.size === 0 ? null : { keyId, algorithms, key };
}

function readKeyId(jwk: Readonly<Record<string, unknown>>): string | null {
  return typeof jwk["kid"] === "string" && jwk["kid"] !== "" ? jwk["kid"] : null;
}

function isForSignatures(jwk: Readonly<Record<string, unknown>>): boolean {
  const operations = jwk["key_ops"];
  if (Array.isArray(operations) && !operations.includes("verify")) return false;
  return jwk["use"] === undefined || jwk["use"] === "sig";
}

/** A JWK with `alg` is used with that algorithm only. `Ed25519` and `EdDSA` are names of the same one (RFC 9864). */
function restrict(
  jwk: Readonly<Record<string, unknown>>,
  allowed: readonly JwsAlgorithmName[],
): readonly JwsAlgorithmName[] {
  const named = jwk["alg"];
  if (named === undefined) return allowed;
  const same = named === "EdDSA" || named === "Ed25519" ? ["EdDSA", "Ed25519"] : [named];
  return allowed.filter((name) => same.includes(name));
}

function toPublicKey(jwk: Readonly<Record<string, unknown>>): KeyObject | null {
  try {
    return createPublicKey({ key: { ...jwk }, format: "jwk" });
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}
