import { describe, expect, test } from "bun:test";
import { createTestKey, encode, signRaw, signToken, signWithSecret } from "../../test/forge-token.ts";
import { rfcRefusals, rfcVectors } from "../../test/rfc-vectors.ts";
import type { JwsAlgorithmName } from "./jws-algorithms.ts";
import { staticKeys } from "./key-source.ts";
import type { TokenFault } from "./token-fault.ts";
import { createTokenVerifier, type TokenVerdict } from "./token-verifier.ts";
import { importPublicJwk, importSecret, type VerificationKey } from "./verification-key.ts";

const now = 1_800_000_000_000;
const seconds = now / 1000;
const key = createTestKey("k1", "RS256");
const stranger = createTestKey("k1", "RS256");
const claims = { iss: "https://id", aud: "shop", sub: "u1", exp: seconds + 60, iat: seconds };
const rules = {
  issuers: ["https://id"],
  audiences: ["shop"],
  requiredClaims: ["sub"],
  types: null,
  clockSkewMs: 5000,
  requireExpiry: true,
  anyHolder: false,
  lifetimeMaxMs: null,
};
const bounds = { lengthMax: 8192, depthMax: 8 };

function importJwk(
  jwk: Readonly<Record<string, unknown>>,
  algorithms: readonly JwsAlgorithmName[],
): VerificationKey {
  const imported = importPublicJwk(jwk, algorithms);
  if (imported === null) throw new Error("the key does not fit");
  return imported;
}

const verifier = createTokenVerifier({
  keys: staticKeys([importJwk(key.jwk, ["RS256"])]),
  algorithms: ["RS256"],
  rules,
  bounds,
  now: () => now,
});

function verify(token: string): TokenVerdict {
  const verdict = verifier.verify(token);
  if (verdict instanceof Promise) throw new Error("static keys answer at once");
  return verdict;
}

const header = `{"alg":"RS256","kid":"k1"}`;
const payload = JSON.stringify(claims);
const good = signToken(key, claims);
const [goodHeader = "", goodPayload = "", goodSignature = ""] = good.split(".");

/** The same bytes in another spelling: the unused bits of the last character changed. */
function respell(part: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = alphabet.indexOf(part.at(-1) ?? "");
  const other = part.slice(0, -1) + alphabet[last ^ 1];
  expect(Buffer.from(other, "base64url")).toEqual(Buffer.from(part, "base64url"));
  return other;
}

const nested = `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`;

const attacks: readonly (readonly [string, string, TokenFault])[] = [
  ["alg none without a signature", `${encode('{"alg":"none"}')}.${goodPayload}.`, "algorithm_not_allowed"],
  ["alg None with a signature", signToken(key, claims, { alg: "None" }), "algorithm_not_allowed"],
  [
    "algorithm confusion: the RSA key, as PEM, used as an HMAC secret",
    signWithSecret(Buffer.from(key.publicKey.export({ type: "spki", format: "pem" })), claims, { kid: "k1" }),
    "algorithm_not_allowed",
  ],
  [
    "algorithm confusion: the RSA key, as JWK, used as an HMAC secret",
    signWithSecret(Buffer.from(JSON.stringify(key.jwk)), claims, { kid: "k1" }),
    "algorithm_not_allowed",
  ],
  [
    "an algorithm of the same key that is not allowed",
    signToken(key, claims, { alg: "RS512" }),
    "algorithm_not_allowed",
  ],
  [
    "an algorithm named after an object's member",
    signToken(key, claims, { alg: "constructor" }),
    "algorithm_not_allowed",
  ],
  ["an algorithm that is no string", signToken(key, claims, { alg: ["RS256"] }), "malformed"],
  ["no algorithm", signRaw(key, `{"kid":"k1"}`, payload), "malformed"],
  ["a stranger's key under the same name", signToken(stranger, claims), "bad_signature"],
  ["an unknown kid", signToken(key, claims, { kid: "k2" }), "unknown_key"],
  ["a kid that is a path", signToken(key, claims, { kid: "../../dev/null" }), "unknown_key"],
  ["a kid that is SQL", signToken(key, claims, { kid: "x' UNION SELECT 'k" }), "unknown_key"],
  ["a kid that is a member of objects", signToken(key, claims, { kid: "__proto__" }), "unknown_key"],
  ["a kid that is an object", signToken(key, claims, { kid: { a: 1 } }), "malformed"],
  ["an empty kid", signToken(key, claims, { kid: "" }), "malformed"],
  ["an endless kid", signToken(key, claims, { kid: "k".repeat(300) }), "malformed"],
  ["jku", signToken(stranger, claims, { jku: "https://evil/jwks" }), "forbidden_header"],
  ["x5u", signToken(stranger, claims, { x5u: "https://evil/cert" }), "forbidden_header"],
  ["jwk", signToken(stranger, claims, { jwk: stranger.jwk }), "forbidden_header"],
  ["x5c", signToken(stranger, claims, { x5c: ["MII"] }), "forbidden_header"],
  ["crit", signToken(key, claims, { crit: ["exp"] }), "forbidden_header"],
  ["b64 false", signToken(key, claims, { b64: false }), "forbidden_header"],
  ["expired", signToken(key, { ...claims, exp: seconds - 6 }), "expired"],
  ["expired to the millisecond with skew", signToken(key, { ...claims, exp: seconds - 5 }), "expired"],
  ["not yet valid", signToken(key, { ...claims, nbf: seconds + 6 }), "not_yet_valid"],
  ["issued in the future", signToken(key, { ...claims, iat: seconds + 6 }), "issued_in_future"],
  ["no expiry", signToken(key, { ...claims, exp: undefined }), "missing_claim"],
  ["an expiry that is text", signToken(key, { ...claims, exp: "9999999999" }), "malformed"],
  [
    "an expiry beyond numbers",
    signRaw(key, header, `{"iss":"https://id","aud":"shop","sub":"u","exp":1e999}`),
    "malformed",
  ],
  ["an expiry of null", signToken(key, { ...claims, exp: null }), "malformed"],
  ["the wrong issuer", signToken(key, { ...claims, iss: "https://id.evil" }), "wrong_issuer"],
  ["an issuer in another case", signToken(key, { ...claims, iss: "HTTPS://id" }), "wrong_issuer"],
  ["issuers as a list", signToken(key, { ...claims, iss: ["https://id"] }), "wrong_issuer"],
  ["no issuer", signToken(key, { ...claims, iss: undefined }), "wrong_issuer"],
  ["the wrong audience", signToken(key, { ...claims, aud: "bank" }), "wrong_audience"],
  ["no audience", signToken(key, { ...claims, aud: undefined }), "wrong_audience"],
  ["an audience list without us", signToken(key, { ...claims, aud: ["bank", 7, null] }), "wrong_audience"],
  ["a missing required claim", signToken(key, { ...claims, sub: undefined }), "missing_claim"],
  ["an empty required claim", signToken(key, { ...claims, sub: "" }), "missing_claim"],
  ["a claim named twice", signRaw(key, header, `{"sub":"admin",${payload.slice(1)}`), "duplicate_member"],
  [
    "a claim named twice in other spelling",
    signRaw(key, header, `{"\\u0073ub":"admin",${payload.slice(1)}`),
    "duplicate_member",
  ],
  [
    "a claim named twice further down",
    signRaw(key, header, `{"a":[{"b":1,"b":2}],${payload.slice(1)}`),
    "duplicate_member",
  ],
  [
    "a header named twice",
    signRaw(key, `{"alg":"none","alg":"RS256","kid":"k1"}`, payload),
    "duplicate_member",
  ],
  [
    "__proto__ as a claim",
    signRaw(key, header, `{"__proto__":{"admin":true},${payload.slice(1)}`),
    "malformed",
  ],
  ["a space at the end", `${good} `, "malformed"],
  ["a line break inside", `${goodHeader}.${goodPayload}\n.${goodSignature}`, "malformed"],
  ["padding", `${goodHeader}.${goodPayload}.${goodSignature}==`, "malformed"],
  ["a signature in another spelling", `${goodHeader}.${goodPayload}.${respell(goodSignature)}`, "malformed"],
  [
    "base64 instead of base64url",
    `${goodHeader}.${goodPayload}.${goodSignature.replaceAll("-", "+").replaceAll("_", "/")}+`,
    "malformed",
  ],
  ["four parts", `${good}.x`, "malformed"],
  ["two parts", `${goodHeader}.${goodPayload}`, "malformed"],
  ["an empty token", "", "malformed"],
  ["dots only", "..", "malformed"],
  ["an empty payload", `${goodHeader}..${goodSignature}`, "malformed"],
  ["an empty signature", `${goodHeader}.${goodPayload}.`, "bad_signature"],
  ["a JWS of five parts (JWE)", `${goodHeader}.a.b.c.d`, "malformed"],
  ["the JSON serialization", `{"payload":"${goodPayload}"}`, "malformed"],
  ["a payload that is a list", signRaw(key, header, "[]"), "malformed"],
  ["a payload that is no JSON", signRaw(key, header, "sub=admin"), "malformed"],
  ["a payload with a byte order mark", signRaw(key, header, `\uFEFF${payload}`), "malformed"],
  [
    "a payload of invalid UTF-8",
    signRaw(key, header, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])),
    "malformed",
  ],
  ["an unclosed string", signRaw(key, header, `{"sub`), "malformed"],
  ["a payload nested 50,000 deep", signRaw(key, header, nested), "too_large"],
  ["a payload nested as deep as its size allows", signRaw(key, header, nested.slice(0, 5000)), "too_deep"],
  [
    "a payload of 300 members",
    signToken(key, Object.fromEntries(Array.from({ length: 300 }, (_, i) => [i, 1]))),
    "too_deep",
  ],
  ["a token of 8 KiB and a byte", signToken(key, { ...claims, pad: "x".repeat(8192) }), "too_large"],
];

describe("a token is refused:", () => {
  test.each(attacks.map(([name, token, fault]) => ({ name, token, fault })))("$name", ({ token, fault }) => {
    expect(verify(token)).toEqual({ verdict: "invalid", fault });
  });

  test("with any single bit changed", () => {
    for (let position = 0; position < good.length; position += 1) {
      const swapped = good[position] === "A" ? "B" : "A";
      expect(verify(good.slice(0, position) + swapped + good.slice(position + 1)).verdict).toBe("invalid");
    }
  });
});

describe("a token is accepted:", () => {
  test("signed, in time, with the right issuer and audience", () => {
    expect(verify(good)).toEqual({ verdict: "valid", claims, expiresAt: claims.exp * 1000 });
  });

  test("with an audience list that contains ours, and within the clock skew", () => {
    const early = { ...claims, aud: ["bank", "shop"], nbf: seconds + 5, iat: seconds + 5, exp: seconds - 4 };
    expect(verify(signToken(key, early)).verdict).toBe("valid");
  });

  test("without kid, if a configured key verifies it", () => {
    expect(verify(signToken(key, claims, { kid: undefined })).verdict).toBe("valid");
    expect(verify(signToken(stranger, claims, { kid: undefined }))).toEqual({
      verdict: "invalid",
      fault: "bad_signature",
    });
  });
});

describe("the configuration restricts", () => {
  const secret = Buffer.from("a secret of thirty-two bytes, or more");

  test("the token type: an ID token is not an access token", () => {
    const typed = createTokenVerifier({
      keys: staticKeys([importSecret(secret, null, ["HS256"])]),
      algorithms: ["HS256"],
      rules: { ...rules, types: ["at+jwt"] },
      bounds,
      now: () => now,
    });
    expect(typed.verify(signWithSecret(secret, claims, { typ: "application/at+JWT" }))).toMatchObject({
      verdict: "valid",
    });
    expect(typed.verify(signWithSecret(secret, claims))).toEqual({ verdict: "invalid", fault: "wrong_type" });
    expect(typed.verify(signWithSecret(secret, claims, { typ: undefined }))).toEqual({
      verdict: "invalid",
      fault: "wrong_type",
    });
  });

  test("the maximum lifetime", () => {
    const short = createTokenVerifier({
      keys: staticKeys([importSecret(secret, null, ["HS256"])]),
      algorithms: ["HS256"],
      rules: { ...rules, lifetimeMaxMs: 60_000 },
      bounds,
      now: () => now,
    });
    expect(short.verify(signWithSecret(secret, claims))).toMatchObject({ verdict: "valid" });
    expect(short.verify(signWithSecret(secret, { ...claims, exp: seconds + 61 }))).toMatchObject({
      fault: "lifetime_too_long",
    });
    expect(short.verify(signWithSecret(secret, { ...claims, iat: undefined }))).toMatchObject({
      fault: "missing_claim",
    });
  });

  test("one family of algorithms, and at least one", () => {
    const options = { keys: staticKeys([]), rules, bounds, now: () => now };
    expect(() => createTokenVerifier({ ...options, algorithms: ["HS256", "RS256"] })).toThrow("together");
    expect(() => createTokenVerifier({ ...options, algorithms: [] })).toThrow("at least one");
  });
});

test("RFC 7515 A.1 to A.3 verify as complete tokens at their time, and have expired since", () => {
  for (const vector of rfcVectors.slice(0, 3)) {
    const { jwk, algorithm } = vector;
    const verificationKey =
      jwk.kty === "oct"
        ? importSecret(Buffer.from(jwk.k, "base64url"), null, [algorithm])
        : importJwk(jwk, [algorithm]);
    const at = (time: number) =>
      createTokenVerifier({
        keys: staticKeys([verificationKey]),
        algorithms: [algorithm],
        rules: { ...rules, issuers: ["joe"], audiences: null, requiredClaims: [] },
        bounds,
        now: () => time,
      }).verify(vector.token);
    expect(at(1_300_819_379_000)).toMatchObject({
      verdict: "valid",
      claims: { "http://example.com/is_root": true },
    });
    expect(at(now)).toEqual({ verdict: "invalid", fault: "expired" });
  }
});

for (const { source, token, fault } of rfcRefusals) {
  test(`${source} is refused whatever is trusted`, () => {
    const keys = rfcVectors.map(({ jwk, algorithm }) =>
      jwk.kty === "oct" ? null : importPublicJwk(jwk, [algorithm]),
    );
    const verifier = createTokenVerifier({
      keys: staticKeys(keys.filter((key) => key !== null)),
      algorithms: ["RS256", "ES256", "ES512", "EdDSA"],
      rules: { ...rules, issuers: null, audiences: null, requiredClaims: [], requireExpiry: false },
      bounds: { lengthMax: 8192, depthMax: 8 },
      now: () => 1_300_819_379_000,
    });
    expect(verifier.verify(token)).toEqual({ verdict: "invalid", fault });
  });
}
