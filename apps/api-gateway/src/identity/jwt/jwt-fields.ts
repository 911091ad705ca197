import {
  type ClaimRules,
  createTokenVerifier,
  type JwsAlgorithmName,
  jwsAlgorithmNames,
  type KeySource,
} from "@libs/auth";
import { type Static, Type } from "@sinclair/typebox";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import type { Principal } from "../../model/identity/principal.ts";
import { claimMappingSchema, compileClaimMapping } from "../claim-mapping.ts";
import type { Identity } from "../identity.ts";
import { subjectPrefixField } from "../subject-prefix.ts";
import { createTokenIdentity, type VerifiedToken, verifiedMax } from "../token-identity.ts";

/** For tokens that are bound to a key of their owner: DPoP (RFC 9449), mTLS (RFC 8705). */
export const anyHolder = Type.Boolean({
  description:
    "Accepts tokens bound to a key of their owner (`cnf`) from any bearer: the gateway does not verify proof of possession.",
  default: false,
});

/** Fields of every identity whose tokens are JWTs. */
export const jwtFields = {
  audience: Type.Optional(
    Type.Union(
      [
        Type.String({ minLength: 1 }),
        Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: 32 }),
      ],
      {
        description: "Accepted audiences: a token must have at least one of them.",
      },
    ),
  ),
  anyAudience: Type.Boolean({
    description: "Accepts tokens of any audience, also those issued for another service.",
    default: false,
  }),
  anyHolder,
  algorithms: Type.Array(Type.Union(jwsAlgorithmNames.map((name) => Type.Literal(name))), {
    description: "Signatures that are accepted. HMAC and public-key algorithms cannot be mixed.",
    default: ["RS256", "ES256", "EdDSA"],
    minItems: 1,
    uniqueItems: true,
  }),
  types: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
      description: "Values of the `typ` header that are accepted, such as at+jwt; any where absent.",
      minItems: 1,
    }),
  ),
  clockSkewMs: Type.Integer({
    description: "Tolerated difference between the clocks of issuer and gateway.",
    default: 30_000,
    minimum: 0,
    maximum: 300_000,
  }),
  requiredClaims: Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
    description: "Claims without which a token is refused.",
    default: [],
    maxItems: 32,
  }),
  tokenLengthMax: Type.Integer({
    description: "Longest token in characters.",
    default: 8192,
    minimum: 256,
    maximum: 16_384,
  }),
  cacheMax: verifiedMax,
  claims: claimMappingSchema,
  ...subjectPrefixField,
};

const jwtFieldsSchema = Type.Object(jwtFields);
type JwtFields = Static<typeof jwtFieldsSchema>;

/** Accepting tokens of any audience must be explicit. */
export function checkAudience({ audience, anyAudience }: JwtFields): readonly ConfigIssue[] {
  if (audience !== undefined || anyAudience) return [];
  return [{ path: "/audience", message: "missing", expected: "an audience, or anyAudience: true" }];
}

export interface JwtIdentityParts {
  readonly name: string;
  readonly issuer: string | null;
  readonly fields: JwtFields;
  readonly keys: KeySource;
  readonly now: () => number;
}

/** An identity for JWTs of one issuer, from any source of keys. */
export function createJwtIdentity({ name, issuer, fields, keys, now }: JwtIdentityParts): Identity {
  const verifier = createTokenVerifier({
    keys,
    algorithms: fields.algorithms,
    rules: toRules(issuer, fields),
    bounds: { lengthMax: fields.tokenLengthMax, depthMax: 8 },
    now,
  });
  const map = compileClaimMapping(fields.claims);

  function toPrincipal(claims: Readonly<Record<string, unknown>>, expiresAt: number): VerifiedToken {
    const mapped = map(claims);
    if (mapped === null) return { verdict: "invalid", fault: "missing_claim" };
    // field by field: a spread would keep most of them in a second piece of memory
    const { subject, roles, scopes, tenantId, sessionId } = mapped;
    const principal: Principal = {
      identity: name,
      method: "jwt",
      subject,
      roles,
      scopes,
      tenantId,
      sessionId,
      plan: null,
      weight: 1,
      expiresAt,
      claims,
    };
    return { verdict: "valid", principal };
  }

  return createTokenIdentity({
    name,
    now,
    cacheMax: fields.cacheMax,
    generation: () => keys.generation,
    isRevoked: () => false,
    verify(token) {
      const verdict = verifier.verify(token);
      if (!(verdict instanceof Promise)) {
        return verdict.verdict === "valid" ? toPrincipal(verdict.claims, verdict.expiresAt) : verdict;
      }
      return verdict.then((late) =>
        late.verdict === "valid" ? toPrincipal(late.claims, late.expiresAt) : late,
      );
    },
  });
}

function toRules(issuer: string | null, fields: JwtFields): ClaimRules {
  const { audience } = fields;
  return {
    issuers: issuer === null ? null : [issuer],
    audiences: audience === undefined ? null : Array.isArray(audience) ? audience : [audience],
    requiredClaims: fields.requiredClaims,
    types: fields.types?.map((type) => type.toLowerCase()) ?? null,
    clockSkewMs: fields.clockSkewMs,
    requireExpiry: true,
    anyHolder: fields.anyHolder,
    lifetimeMaxMs: null,
  };
}

export function isMixed(algorithms: readonly JwsAlgorithmName[]): boolean {
  const symmetric = algorithms.filter((name) => name.startsWith("HS")).length;
  return symmetric !== 0 && symmetric !== algorithms.length;
}
