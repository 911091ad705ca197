import { checkSignature } from "./check-signature.ts";
import { type ClaimRules, checkClaims, checkIssuer, expiryOf } from "./claim-rules.ts";
import { type CompactJws, type JwsBounds, parseCompactJws } from "./compact-jws.ts";
import { isJwsAlgorithm, type JwsAlgorithmName } from "./jws-algorithms.ts";
import type { KeyLookup, KeySource } from "./key-source.ts";
import type { TokenFault } from "./token-fault.ts";

export type TokenVerdict =
  | {
      readonly verdict: "valid";
      readonly claims: Readonly<Record<string, unknown>>;
      /** Milliseconds since the epoch; `Infinity` where it does not expire. Excludes clock skew. */
      readonly expiresAt: number;
    }
  | { readonly verdict: "invalid"; readonly fault: TokenFault }
  | { readonly verdict: "unavailable" };

export interface TokenVerifierOptions {
  readonly keys: KeySource;
  /** Never empty. MUST NOT mix HMAC with public-key algorithms: a public key could then be used as an HMAC secret. */
  readonly algorithms: readonly JwsAlgorithmName[];
  readonly rules: ClaimRules;
  readonly bounds: JwsBounds;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface TokenVerifier {
  /** Synchronous where the key is available. Never throws, whatever the token contains. */
  verify(token: string): TokenVerdict | Promise<TokenVerdict>;
}

const unavailable: TokenVerdict = { verdict: "unavailable" };

/** Verifies compact JWTs: structure, then issuer, then signature, then the other claims. */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { keys, rules, bounds, now } = options;
  const algorithms: ReadonlySet<string> = new Set(options.algorithms);
  assertOneFamily(options.algorithms);

  function verify(token: string): TokenVerdict | Promise<TokenVerdict> {
    const parsed = parseCompactJws(token, bounds);
    if (!parsed.ok) return invalid(parsed.fault);
    const { jws } = parsed;
    if (!isJwsAlgorithm(jws.algorithm) || !algorithms.has(jws.algorithm)) {
      return invalid("algorithm_not_allowed");
    }
    if (rules.types !== null && (jws.type === null || !rules.types.includes(jws.type))) {
      return invalid("wrong_type");
    }
    // before looking for a key: a token of an unknown issuer must not trigger a fetch of keys
    if (checkIssuer(jws.payload, rules.issuers) !== null) return invalid("wrong_issuer");
    const lookup = keys.find(jws.keyId);
    const algorithm = jws.algorithm;
    return lookup instanceof Promise
      ? lookup.then((found) => decide(jws, algorithm, found))
      : decide(jws, algorithm, lookup);
  }

  function decide(jws: CompactJws, algorithm: JwsAlgorithmName, lookup: KeyLookup): TokenVerdict {
    if (!lookup.found) return lookup.reason === "unavailable" ? unavailable : invalid("unknown_key");
    const fault = checkSignature(jws, algorithm, lookup.keys) ?? checkClaims(jws.payload, rules, now());
    if (fault !== null) return invalid(fault);
    return { verdict: "valid", claims: jws.payload, expiresAt: expiryOf(jws.payload) };
  }

  return { verify };
}

function invalid(fault: TokenFault): TokenVerdict {
  return { verdict: "invalid", fault };
}

function assertOneFamily(algorithms: readonly JwsAlgorithmName[]): void {
  const symmetric = algorithms.filter((name) => name.startsWith("HS")).length;
  if (algorithms.length === 0) throw new TypeError("a token verifier needs at least one algorithm");
  if (symmetric !== 0 && symmetric !== algorithms.length) {
    throw new TypeError("HMAC and public-key algorithms must not be allowed together");
  }
}
