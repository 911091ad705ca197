import { createPublicKey } from "node:crypto";
import { expect, test } from "bun:test";
import { createTestKey } from "../../test/forge-token.ts";
import { staticKeys } from "./key-source.ts";
import { importPublicJwk, importPublicPem, importSecret } from "./verification-key.ts";

const rsa = createTestKey("r", "RS256");
const ec = createTestKey("e", "ES256");

test("a JWK with an algorithm is used for that one only", () => {
  expect(importPublicJwk(rsa.jwk, ["RS256", "RS512", "PS256"])?.algorithms).toEqual(new Set(["RS256"]));
  const { alg: _, ...unnamed } = rsa.jwk;
  expect(importPublicJwk(unnamed, ["RS256", "PS256", "ES256"])?.algorithms).toEqual(
    new Set(["RS256", "PS256"]),
  );
  expect(
    importPublicJwk({ ...createTestKey("d", "EdDSA").jwk, alg: "Ed25519" }, ["EdDSA"])?.algorithms,
  ).toEqual(new Set(["EdDSA"]));
});

test("keys for other uses or algorithms are skipped", () => {
  const refused = [
    { ...rsa.jwk, use: "enc" },
    { ...rsa.jwk, key_ops: ["encrypt"] },
    { ...rsa.jwk, ...rsa.privateKey.export({ format: "jwk" }) },
    { kty: "oct", k: "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA", alg: "HS256" },
    { ...ec.jwk, y: ec.jwk["x"] },
    { kty: "made-up" },
    {},
  ];
  expect(refused.map((jwk) => importPublicJwk(jwk, ["RS256", "ES256"]))).toEqual(refused.map(() => null));
  expect(importPublicJwk(rsa.jwk, ["ES256"])).toBeNull();
});

test("PEM and secrets that fit no algorithm are refused", () => {
  const pem = rsa.publicKey.export({ type: "spki", format: "pem" });
  expect(importPublicPem(pem, null, ["RS256"]).key.equals(createPublicKey(pem))).toBe(true);
  expect(() => importPublicPem(pem, null, ["ES256"])).toThrow("none of the allowed");
  expect(() => importSecret(Buffer.alloc(31), null, ["HS256"])).toThrow("HS256 needs at least 32 bytes");
  expect(() => importSecret(Buffer.alloc(64), null, ["RS256"])).toThrow("none of the allowed");
});

test("a secret without a key id verifies tokens with any, a named key only its own", () => {
  const unnamed = staticKeys([importSecret(Buffer.alloc(32), null, ["HS256"])]);
  expect(unnamed.find("anything")).toMatchObject({ found: true });
  const named = staticKeys([importSecret(Buffer.alloc(32), "a", ["HS256"])]);
  expect(named.find("a")).toMatchObject({ found: true });
  expect(named.find("b")).toEqual({ found: false, reason: "unknown_key" });
});
