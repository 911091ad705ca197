import type { TokenFault } from "./token-fault.ts";

export interface ClaimRules {
  /** Accepted issuers; `null` accepts any (for shared secrets whose tokens have none). */
  readonly issuers: readonly string[] | null;
  /** One of these must be among the token's audiences; `null` skips the check. */
  readonly audiences: readonly string[] | null;
  /** Claims that must be present, and neither null nor empty. */
  readonly requiredClaims: readonly string[];
  /** Accepted values of the `typ` header, in lower case; `null` skips the check. */
  readonly types: readonly string[] | null;
  /** Tolerated difference between the clocks of issuer and verifier. */
  readonly clockSkewMs: number;
  /** Refuses tokens without `exp`. */
  readonly requireExpiry: boolean;
  /** Accepts sender-constrained tokens (`cnf`, RFC 7800) from anyone: proof of possession is not checked here. */
  readonly anyHolder: boolean;
  /** Maximum time from `iat` to `exp`; `null` for any. */
  readonly lifetimeMaxMs: number | null;
}

type Claims = Readonly<Record<string, unknown>>;

/**
 * Checks the claims of RFC 7519, section 4.1. `null` where all rules hold. A date that is not a finite number is malformed, not absent.
 */
export function checkClaims(claims: Claims, rules: ClaimRules, now: number): TokenFault | null {
  return (
    checkTimes(claims, rules, now) ??
    checkIssuer(claims, rules.issuers) ??
    checkAudience(claims, rules.audiences) ??
    checkHolder(claims, rules) ??
    checkRequired(claims, rules.requiredClaims)
  );
}

/** Milliseconds since the epoch; `Infinity` where the token does not expire. Requires claims that passed `checkClaims`. */
export function expiryOf(claims: Claims): number {
  const expiry = own(claims, "exp");
  return typeof expiry === "number" ? expiry * 1000 : Number.POSITIVE_INFINITY;
}

export function checkIssuer(claims: Claims, issuers: readonly string[] | null): TokenFault | null {
  if (issuers === null) return null;
  const issuer = own(claims, "iss");
  return typeof issuer === "string" && issuers.includes(issuer) ? null : "wrong_issuer";
}

function checkTimes(claims: Claims, rules: ClaimRules, now: number): TokenFault | null {
  const expiry = readDate(claims, "exp");
  const notBefore = readDate(claims, "nbf");
  const issuedAt = readDate(claims, "iat");
  if (expiry === "malformed" || notBefore === "malformed" || issuedAt === "malformed") return "malformed";
  if (expiry === null && rules.requireExpiry) return "missing_claim";
  if (expiry !== null && now >= expiry + rules.clockSkewMs) return "expired";
  if (notBefore !== null && now < notBefore - rules.clockSkewMs) return "not_yet_valid";
  if (issuedAt !== null && now < issuedAt - rules.clockSkewMs) return "issued_in_future";
  if (rules.lifetimeMaxMs === null) return null;
  if (issuedAt === null || expiry === null) return "missing_claim";
  return expiry - issuedAt > rules.lifetimeMaxMs ? "lifetime_too_long" : null;
}

function readDate(claims: Claims, name: string): number | null | "malformed" {
  const value = own(claims, name);
  if (value === undefined) return null;
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) return "malformed";
  return value * 1000;
}

function checkAudience(claims: Claims, audiences: readonly string[] | null): TokenFault | null {
  if (audiences === null) return null;
  const audience = own(claims, "aud");
  const named = Array.isArray(audience) ? audience : [audience];
  return named.some((name) => typeof name === "string" && audiences.includes(name)) ? null : "wrong_audience";
}

/** Refuses sender-constrained tokens: accepted as plain bearer tokens, they would be usable by a thief. */
function checkHolder(claims: Claims, { anyHolder }: ClaimRules): TokenFault | null {
  return anyHolder || own(claims, "cnf") === undefined ? null : "bound_to_key";
}

function checkRequired(claims: Claims, required: readonly string[]): TokenFault | null {
  for (const name of required) {
    const value = own(claims, name);
    if (value === undefined || value === null || value === "") return "missing_claim";
  }
  return null;
}

function own(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}
