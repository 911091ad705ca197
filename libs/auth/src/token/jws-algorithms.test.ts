import { createPublicKey, createSecretKey, generateKeyPairSync } from "node:crypto";
import { expect, test } from "bun:test";
import { CompactSign } from "jose";
import { type JwsAlgorithmName, jwsAlgorithmNames, jwsAlgorithms } from "./jws-algorithms.ts";
import { rfcVectors } from "../../test/rfc-vectors.ts";

function split(token: string): { input: Buffer; signature: Buffer } {
  const dot = token.lastIndexOf(".");
  return {
    input: Buffer.from(token.slice(0, dot)),
    signature: Buffer.from(token.slice(dot + 1), "base64url"),
  };
}

for (const vector of rfcVectors) {
  const key =
    vector.jwk.kty === "oct"
      ? createSecretKey(Buffer.from(vector.jwk.k, "base64url"))
      : createPublicKey({ key: vector.jwk, format: "jwk" });

  test(`${vector.source} verifies`, () => {
    const { input, signature } = split(vector.token);
    expect(jwsAlgorithms[vector.algorithm].fits(key)).toBe(true);
    expect(jwsAlgorithms[vector.algorithm].verify(key, input, signature)).toBe(true);
  });

  test(`${vector.source} fails with any bit of its signature or text changed`, () => {
    const { input, signature } = split(vector.token);
    const { verify } = jwsAlgorithms[vector.algorithm];
    for (const position of [0, 7, signature.length - 1]) {
      const broken = Buffer.from(signature);
      broken[position] = (broken[position] ?? 0) ^ 1;
      expect(verify(key, input, broken)).toBe(false);
    }
    const other = Buffer.from(input);
    other[other.length - 1] = (other[other.length - 1] ?? 0) ^ 1;
    expect(verify(key, other, signature)).toBe(false);
    expect(verify(key, input, Buffer.alloc(0))).toBe(false);
    expect(verify(key, input, Buffer.concat([signature, Buffer.alloc(1)]))).toBe(false);
  });
}

test("every supported algorithm verifies what jose signs", async () => {
  for (const algorithm of jwsAlgorithmNames) {
    const { signing, verifying } = keysFor(algorithm);
    const token = await new CompactSign(Buffer.from("{}"))
      .setProtectedHeader({ alg: algorithm })
      .sign(signing);
    const { input, signature } = split(token);
    expect([algorithm, jwsAlgorithms[algorithm].fits(verifying)]).toEqual([algorithm, true]);
    expect([algorithm, jwsAlgorithms[algorithm].verify(verifying, input, signature)]).toEqual([
      algorithm,
      true,
    ]);
  }
});

test("an ECDSA signature of zeros is no signature (CVE-2022-21449)", () => {
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  expect(jwsAlgorithms.ES256.verify(publicKey, Buffer.from("a.b"), Buffer.alloc(64))).toBe(false);
});

test("a key is accepted only for its own family, curve and size", () => {
  const small = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey;
  const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey;
  const fitting = (key: Parameters<typeof jwsAlgorithms.HS256.fits>[0]) =>
    jwsAlgorithmNames.filter((name) => jwsAlgorithms[name].fits(key));
  expect(fitting(small)).toEqual([]);
  expect(fitting(p384)).toEqual(["ES384"]);
  expect(fitting(createSecretKey(Buffer.alloc(31)))).toEqual([]);
  expect(fitting(createSecretKey(Buffer.alloc(32)))).toEqual(["HS256"]);
});

function keysFor(algorithm: JwsAlgorithmName) {
  if (algorithm.startsWith("HS")) {
    const secret = createSecretKey(Buffer.alloc(64, 7));
    return { signing: secret, verifying: secret };
  }
  const pair = generatePair(algorithm);
  return { signing: pair.privateKey, verifying: pair.publicKey };
}

function generatePair(algorithm: JwsAlgorithmName) {
  if (algorithm.startsWith("Ed")) return generateKeyPairSync("ed25519");
  if (algorithm.startsWith("ES")) {
    const curve = { ES256: "P-256", ES384: "P-384", ES512: "P-521" }[algorithm.slice(0, 5)] ?? "P-256";
    return generateKeyPairSync("ec", { namedCurve: curve });
  }
  return generateKeyPairSync("rsa", { modulusLength: 2048 });
}
