import { encode, signRaw, signToken, signWithSecret } from "@libs/auth/testing";
import type { AttackedGateway } from "./attacked-gateway.ts";

/** A token that must be refused. */
export interface HostileToken {
  readonly name: string;
  readonly make: (gateway: AttackedGateway) => string;
}

const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
const header = (extra: object = {}) => JSON.stringify({ alg: "RS256", kid: "k1", ...extra });

/** Signed by the issuer's own key, with a header that is changed so. */
const withHeader = (extra: Readonly<Record<string, unknown>>) => (gateway: AttackedGateway) =>
  signToken(gateway.good(), gateway.claims(), extra);
/** Signed by an unknown key with the name of a known one. */
const strange = (extra: Readonly<Record<string, unknown>>) => (gateway: AttackedGateway) =>
  signToken(gateway.stranger, gateway.claims(), extra);
/** Signed by the issuer's own key, with claims that are changed so. */
const withClaims =
  (extra: (seconds: number, issuer: string) => object) =>
  ({ good, claims, seconds, id }: AttackedGateway) =>
    signToken(good(), claims(extra(seconds(), id.url)));
/** Signed by the issuer's own key, with claims as text that no serializer writes. */
const withText = (change: (text: string) => string | Uint8Array, head: string = header()) => {
  return ({ good, claims }: AttackedGateway) => signRaw(good(), head, change(JSON.stringify(claims())));
};

/** A last character whose unused bits differ decodes to the same bytes. */
export function respelt(token: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = alphabet.indexOf(token.at(-1) ?? "");
  return token.slice(0, -1) + alphabet[last ^ 1];
}

function replaceSignature(token: string, signature: Uint8Array): string {
  return `${token.slice(0, token.lastIndexOf("."))}.${encode(signature)}`;
}

const algorithms: Readonly<Record<string, HostileToken["make"]>> = {
  "alg none": ({ claims }) => `${encode('{"alg":"none"}')}.${encode(JSON.stringify(claims()))}.`,
  "alg NONE with a signature": withHeader({ alg: "NONE" }),
  "alg nOnE and a space": withHeader({ alg: "nOnE " }),
  "alg in another case": withHeader({ alg: "rs256" }),
  "alg that is a list": withHeader({ alg: ["RS256"] }),
  "no alg": withHeader({ alg: undefined }),
  "alg that every object has": withHeader({ alg: "constructor" }),
  "no signature": ({ good, claims }) => signToken(good(), claims()).replace(/[^.]+$/, ""),
  "algorithm confusion: the public key's PEM as an HMAC secret": ({ good, claims }) =>
    signWithSecret(Buffer.from(good().publicKey.export({ type: "spki", format: "pem" })), claims(), {
      kid: "k1",
    }),
  "algorithm confusion: the public key's JWK as an HMAC secret": ({ good, claims }) =>
    signWithSecret(Buffer.from(JSON.stringify(good().jwk)), claims(), { kid: "k1" }),
  "algorithm confusion: an elliptic public key as an HMAC secret": ({ elliptic, claims }) =>
    signWithSecret(
      Buffer.from(elliptic.keys[0]?.publicKey.export({ type: "spki", format: "pem" }) ?? ""),
      claims({ iss: elliptic.url }),
      { kid: "e1" },
    ),
  "a shared secret's token signed by another secret": ({ claims }) =>
    signWithSecret(Buffer.alloc(40, 1), claims({ iss: "https://hs" })),
  "a shared secret's token signed by no secret": ({ claims }) =>
    signWithSecret(Buffer.alloc(0), claims({ iss: "https://hs" })),
  "a weaker algorithm of the same key": withHeader({ alg: "RS384" }),
  "an algorithm of the same key that nobody allowed": withHeader({ alg: "PS256" }),
  "another issuer's algorithm": ({ elliptic, claims, good }) =>
    signToken(good(), claims({ iss: elliptic.url })),
};

const curves: Readonly<Record<string, HostileToken["make"]>> = {
  "an ES256 signature of zeros (CVE-2022-21449)": (gateway) =>
    replaceSignature(elliptic(gateway, 0), new Uint8Array(64)),
  "an ES256 signature in DER": (gateway) => {
    const token = elliptic(gateway, 0);
    const raw = Buffer.from(token.slice(token.lastIndexOf(".") + 1), "base64url");
    const integer = (bytes: Uint8Array) => [2, 33, 0, ...bytes];
    const parts = [...integer(raw.subarray(0, 32)), ...integer(raw.subarray(32))];
    return replaceSignature(token, new Uint8Array([48, parts.length, ...parts]));
  },
  "an ES256 signature with a byte more": (gateway) => {
    const token = elliptic(gateway, 0);
    const raw = Buffer.from(token.slice(token.lastIndexOf(".") + 1), "base64url");
    return replaceSignature(token, Buffer.concat([raw, Buffer.alloc(1)]));
  },
  "an EdDSA signature of zeros": (gateway) => replaceSignature(elliptic(gateway, 1), new Uint8Array(64)),
  "the name of another key of the issuer": ({ elliptic: { keys, url }, claims, good }) =>
    signToken(keys[0] ?? good(), claims({ iss: url }), { kid: "d1" }),
};

function elliptic({ elliptic: { keys, url }, claims, good }: AttackedGateway, index: number): string {
  return signToken(keys[index] ?? good(), claims({ iss: url }));
}

const keyNames: Readonly<Record<string, HostileToken["make"]>> = {
  "an unknown kid": strange({ kid: "k9" }),
  "a kid that is a path": strange({ kid: "../../../dev/null" }),
  "a kid that is a URL": strange({ kid: "https://evil.example/key" }),
  "a kid that is SQL": strange({ kid: "k' UNION SELECT 'x" }),
  "a kid that is a command": strange({ kid: "k1; id #$(id)`id`" }),
  "a kid that every object has": strange({ kid: "__proto__" }),
  "a kid with a NUL": strange({ kid: "k1\u0000" }),
  "a kid in another case": strange({ kid: "K1" }),
  "a kid of no characters": strange({ kid: "" }),
  "a kid of 5,000 characters": strange({ kid: "k".repeat(5000) }),
  "a kid that is a list": withHeader({ kid: ["k1"] }),
  "a kid that is an object": withHeader({ kid: { toString: "k1" } }),
  "a kid that is null": withHeader({ kid: null }),
  "a stranger's signature": strange({}),
  "a stranger's signature without kid": strange({ kid: undefined }),
};

const headers: Readonly<Record<string, HostileToken["make"]>> = {
  jku: strange({ jku: "https://evil.example/jwks" }),
  x5u: strange({ x5u: "https://evil.example/x5u" }),
  jwk: (gateway) => strange({ jwk: gateway.stranger.jwk })(gateway),
  x5c: strange({ x5c: ["MIIB"] }),
  crit: withHeader({ crit: ["exp"] }),
  "crit of nothing": withHeader({ crit: [] }),
  "b64 false": withHeader({ b64: false, crit: ["b64"] }),
  "b64 false that nobody calls critical": withHeader({ b64: false }),
  "b64 false with its payload as it is": ({ good, claims }) => {
    const token = signRaw(good(), header({ b64: false, crit: ["b64"] }), JSON.stringify(claims()));
    return token.replace(/\.[^.]+\./, ".payload.");
  },
  "a payload that is compressed": withHeader({ zip: "DEF" }),
  enc: withHeader({ enc: "A256GCM" }),
  "a token in a token": (gateway) =>
    signRaw(gateway.good(), header({ cty: "JWT" }), signToken(gateway.good(), gateway.claims())),
  "a header that is a list": withText((text) => text, "[]"),
  "a header that is deeply nested": withText((text) => text, header({ x: { y: { z: { a: 1 } } } })),
  "a header with a byte order mark": withText((text) => text, `\ufeff${header()}`),
  "a duplicate header": withText((text) => text, `{"alg":"none",${header().slice(1)}`),
};

const claims: Readonly<Record<string, HostileToken["make"]>> = {
  "a claim changed after signing": ({ good, claims: make }) =>
    signToken(good(), make()).replace(/\.[^.]+\./, `.${encode(JSON.stringify(make({ sub: "admin" })))}.`),
  expired: withClaims((seconds) => ({ exp: seconds })),
  "not yet valid": withClaims((seconds) => ({ nbf: seconds + 60 })),
  "issued in the future": withClaims((seconds) => ({ iat: seconds + 60 })),
  "without expiry": withClaims(() => ({ exp: undefined })),
  "an expiry of null": withClaims(() => ({ exp: null })),
  "an expiry of text": withClaims((seconds) => ({ exp: String(seconds + 600) })),
  "an expiry in a list": withClaims((seconds) => ({ exp: [seconds + 600] })),
  "an expiry beyond all numbers": withText((text) => text.replace(/"exp":\d+/, '"exp":1e999')),
  "a beginning of text": withClaims((seconds) => ({ nbf: String(seconds - 60) })),
  "the wrong issuer": withClaims(() => ({ iss: "https://evil.example" })),
  "an issuer with a slash more": withClaims((_, issuer) => ({ iss: `${issuer}/` })),
  "an issuer among others": withClaims((_, issuer) => ({ iss: [issuer] })),
  "the issuer of another identity": withClaims(() => ({ iss: "https://hs" })),
  "the wrong audience": withClaims(() => ({ aud: "bank" })),
  "an audience that begins alike": withClaims(() => ({ aud: "shopping" })),
  "an audience that is an object": withClaims(() => ({ aud: { shop: true } })),
  "audiences of which none is ours": withClaims(() => ({ aud: ["bank", ["shop"]] })),
  "no audience": withClaims(() => ({ aud: undefined })),
  "a missing required claim": withClaims(() => ({ email: undefined })),
  "a required claim that is empty": withClaims(() => ({ email: "" })),
  "no subject": withClaims(() => ({ sub: undefined })),
  "a subject that is an object": withClaims(() => ({ sub: { id: "admin" } })),
  "a duplicate claim": withText((text) => `{"sub":"admin",${text.slice(1)}`),
  "a duplicate claim in another spelling": withText((text) => `{"\\u0073ub":"admin",${text.slice(1)}`),
  "__proto__ as a claim": withText((text) => `{"__proto__":{"email":"x"},${text.slice(1)}`),
  "a token of another type of the platform": (gateway) =>
    signToken(gateway.good(), gateway.claims({ iss: "cartway", aud: "cartway" }), { typ: "at+jwt" }),
};

const forms: Readonly<Record<string, HostileToken["make"]>> = {
  padding: ({ good, claims: make }) => `${signToken(good(), make())}=`,
  "the same bytes in another spelling": ({ good, claims: make }) => respelt(signToken(good(), make())),
  "the other base64 alphabet": ({ good, claims: make }) => {
    for (let round = 0; round < 100; round += 1) {
      const token = signToken(good(), make({ round }));
      const other = token.replaceAll("-", "+").replaceAll("_", "/");
      if (other !== token) return other;
    }
    throw new Error("a hundred signatures without one character of two spellings");
  },
  "four parts": ({ good, claims: make }) => `${signToken(good(), make())}.e30`,
  "five parts, as an encrypted token has": ({ good, claims: make }) => `${signToken(good(), make())}.e30.e30`,
  "two parts": ({ good, claims: make }) => signToken(good(), make()).split(".", 2).join("."),
  "an empty part": ({ good, claims: make }) => signToken(good(), make()).replace(/\.[^.]+\./, ".."),
  "dots alone": () => "..",
  "an oversized token": withClaims(() => ({ pad: "x".repeat(9000) })),
  "a deeply nested token": withText((text) => `{"n":${nested(900)},${text.slice(1)}`),
  "a token of a thousand claims": withClaims(() =>
    Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [index, 1])),
  ),
  "claims that are a list": withText((text) => `[${text}]`),
  "claims that are no JSON": withText((text) => `${text} // admin`),
  "claims with a byte order mark": withText((text) => `\ufeff${text}`),
  "claims that are not UTF-8": withText((text) => Buffer.concat([Buffer.from(text), Buffer.of(0xff)])),
  "claims in UTF-16": withText((text) => Buffer.from(text, "utf16le")),
};

export const hostileTokens: readonly HostileToken[] = Object.entries({
  ...algorithms,
  ...curves,
  ...keyNames,
  ...headers,
  ...claims,
  ...forms,
}).map(([name, make]) => ({ name, make }));
