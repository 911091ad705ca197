import { createHmac, createSecretKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** A named key pair, as held by a test's issuer. */
export interface TestKey {
  readonly keyId: string;
  readonly algorithm: "RS256" | "ES256" | "EdDSA";
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: Readonly<Record<string, unknown>>;
}

export function createTestKey(keyId: string, algorithm: TestKey["algorithm"] = "ES256"): TestKey {
  const { privateKey, publicKey } = generate(algorithm);
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: keyId, alg: algorithm, use: "sig" };
  return { keyId, algorithm, privateKey, publicKey, jwk };
}

function generate(algorithm: TestKey["algorithm"]): { privateKey: KeyObject; publicKey: KeyObject } {
  if (algorithm === "RS256") return generateKeyPairSync("rsa", { modulusLength: 2048 });
  if (algorithm === "ES256") return generateKeyPairSync("ec", { namedCurve: "P-256" });
  return generateKeyPairSync("ed25519");
}

/** A correctly signed token; `header` adds or overrides header members. */
export function signToken(
  key: TestKey,
  claims: unknown,
  header: Readonly<Record<string, unknown>> = {},
): string {
  const input = signingInput({ alg: key.algorithm, kid: key.keyId, typ: "JWT", ...header }, claims);
  return `${input}.${signBytes(key, Buffer.from(input)).toString("base64url")}`;
}

/** A token signed by HMAC, with a shared secret or, as an attacker would, with a public key. */
export function signWithSecret(
  secret: Uint8Array,
  claims: unknown,
  header: Readonly<Record<string, unknown>> = {},
): string {
  const input = signingInput({ alg: "HS256", typ: "JWT", ...header }, claims);
  const mac = createHmac("sha256", createSecretKey(secret)).update(input).digest("base64url");
  return `${input}.${mac}`;
}

/** Signs header and payload given as raw JSON text, which may be malformed. */
export function signRaw(key: TestKey, header: string, payload: string | Uint8Array): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${signBytes(key, Buffer.from(input)).toString("base64url")}`;
}

export function encode(part: string | Uint8Array): string {
  return Buffer.from(part).toString("base64url");
}

function signingInput(header: unknown, claims: unknown): string {
  return `${encode(JSON.stringify(header))}.${encode(JSON.stringify(claims))}`;
}

function signBytes(key: TestKey, input: Buffer): Buffer {
  if (key.algorithm === "EdDSA") return sign(null, input, key.privateKey);
  if (key.algorithm === "RS256") return sign("sha256", input, key.privateKey);
  return sign("sha256", input, { key: key.privateKey, dsaEncoding: "ieee-p1363" });
}
