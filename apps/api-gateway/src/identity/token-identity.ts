import { type CredentialDigest, CredentialMap, type TokenFault } from "@libs/auth";
import { Type } from "@sinclair/typebox";
import type { Authenticated, Authentication } from "../model/identity/authentication.ts";
import type { MaybePromise } from "../model/maybe-promise.ts";
import type { Principal } from "../model/identity/principal.ts";
import type { Identity } from "./identity.ts";

/** `cacheMax` of every identity that verifies tokens itself. */
export const verifiedMax = Type.Integer({
  description: "Verified tokens cached at most.",
  default: 50_000,
  minimum: 2,
  maximum: 5_000_000,
});

export type VerifiedToken =
  | { readonly verdict: "valid"; readonly principal: Principal }
  | { readonly verdict: "invalid"; readonly fault: TokenFault }
  | { readonly verdict: "unavailable" };

export interface TokenIdentityOptions {
  readonly name: string;
  readonly verify: (token: string) => MaybePromise<VerifiedToken>;
  /** Incremented when keys are withdrawn: tokens verified before are verified again. */
  readonly generation: () => number;
  /** Whether a verified token has been revoked since. */
  readonly isRevoked: (principal: Principal) => boolean;
  /** Verified tokens remembered, by digest. Refused ones are not: a flood of them leaves no trace. */
  readonly cacheMax: number;
  readonly now: () => number;
}

const absent: Authentication = { outcome: "absent" };

/**
 * Identifies callers by bearer tokens that can be verified locally. Results are cached until the token expires, is revoked, or its key is
 * withdrawn.
 */
export function createTokenIdentity(options: TokenIdentityOptions): Identity {
  const { name, verify, generation, isRevoked, now } = options;
  const remembered = new CredentialMap<Authenticated>(options.cacheMax);
  let rememberedGeneration = generation();

  /** Drops all cached results when a key was withdrawn, because it is unknown which of them it had signed. */
  function forgetOthers(present: number): void {
    if (present === rememberedGeneration) return;
    remembered.clear();
    rememberedGeneration = present;
  }

  function decide(digest: CredentialDigest, before: number, verified: VerifiedToken): Authentication {
    if (verified.verdict === "unavailable") return { outcome: "unavailable", identity: name };
    if (verified.verdict === "invalid") return reject(verified.fault);
    const authenticated: Authenticated = { outcome: "authenticated", principal: verified.principal };
    forgetOthers(generation());
    // not cached if a key was withdrawn during the verification
    if (before === rememberedGeneration) remembered.set(digest, authenticated);
    return authenticated;
  }

  function reject(reason: string): Authentication {
    return { outcome: "rejected", identity: name, reason };
  }

  return {
    scheme: "bearer",
    asksFor: "a bearer token",
    recall(credentials) {
      const digest = credentials.digest();
      if (digest === null) return null;
      forgetOthers(generation());
      const known = remembered.get(digest);
      if (known === undefined) return null;
      const { principal } = known;
      if (principal.expiresAt > now() && !isRevoked(principal)) return known;
      remembered.delete(digest);
      return null;
    },
    authenticate(credentials) {
      const bearer = credentials.bearer();
      if (bearer.kind === "absent") return absent;
      if (credentials.isOfForeignPage) return reject("foreign_page");
      const digest = credentials.digest();
      if (bearer.kind === "malformed" || digest === null) return reject("malformed_credentials");
      const before = generation();
      const verified = verify(bearer.token);
      return verified instanceof Promise
        ? verified.then((late) => decide(digest, before, late))
        : decide(digest, before, verified);
    },
    dispose: () => remembered.clear(),
  };
}
