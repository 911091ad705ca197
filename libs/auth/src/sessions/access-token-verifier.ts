import type { SigningKeys } from "../signing/signing-keys.ts";
import type { TokenFault } from "../token/token-fault.ts";
import { createTokenVerifier } from "../token/token-verifier.ts";
import type { Revocable, Revocations } from "./revocations.ts";
import type { SessionRules } from "./session-service.ts";

/** A verified access token of the platform. */
export interface AccessToken extends Revocable {
  readonly roles: readonly string[];
  readonly tenantId: string | null;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly claims: Readonly<Record<string, unknown>>;
}

export type AccessTokenVerdict =
  | { readonly valid: true; readonly token: AccessToken }
  | { readonly valid: false; readonly fault: TokenFault };

export interface AccessTokenVerifier {
  /** Incremented when earlier results must be verified again. */
  readonly generation: number;
  verify(token: string): AccessTokenVerdict;
  /** Whether a verified token was revoked since. */
  isRevoked(token: Revocable): boolean;
}

/** Verifies tokens issued by `SessionService`: type `at+jwt`, issuer, audience, signature and revocation. */
export function createAccessTokenVerifier(deps: {
  readonly signingKeys: SigningKeys;
  readonly revocations: Revocations;
  readonly rules: SessionRules;
  readonly now: () => number;
}): AccessTokenVerifier {
  const { signingKeys, revocations, rules, now } = deps;
  const verifier = createTokenVerifier({
    keys: signingKeys,
    algorithms: ["EdDSA", "ES256"],
    rules: {
      issuers: [rules.issuer],
      audiences: [rules.audience],
      requiredClaims: ["sub", "sid", "ver", "iat"],
      types: ["at+jwt"],
      clockSkewMs: 5000,
      requireExpiry: true,
      anyHolder: false,
      lifetimeMaxMs: rules.accessTokenMs,
    },
    bounds: { lengthMax: 4096, depthMax: 4 },
    now,
  });
  return {
    get generation() {
      return signingKeys.generation;
    },
    isRevoked: (token) => revocations.isRevoked(token),
    verify(text) {
      const verdict = verifier.verify(text);
      if (verdict instanceof Promise || verdict.verdict === "unavailable") return refuse("unknown_key");
      if (verdict.verdict === "invalid") return refuse(verdict.fault);
      const token = readClaims(verdict.claims, verdict.expiresAt);
      if (token === null) return refuse("malformed");
      return revocations.isRevoked(token) ? refuse("revoked") : { valid: true, token };
    },
  };
}

function refuse(fault: TokenFault): AccessTokenVerdict {
  return { valid: false, fault };
}

function readClaims(claims: Readonly<Record<string, unknown>>, expiresAt: number): AccessToken | null {
  const { sub, sid, ver, roles, tenant } = claims;
  if (typeof sub !== "string" || typeof sid !== "string" || typeof ver !== "number") return null;
  if (!Array.isArray(roles) || !roles.every((role) => typeof role === "string")) return null;
  return {
    userId: sub,
    sessionId: sid,
    userVersion: ver,
    roles,
    tenantId: typeof tenant === "string" ? tenant : null,
    expiresAt,
    claims,
  };
}
