import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { expect, test } from "bun:test";
import { isRocaKey } from "./roca.ts";
import { importPublicJwk } from "./verification-key.ts";

/** The product of the small primes that the flawed library built its primes around. */
const primorial = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107,
  109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
].reduce((product, prime) => product * BigInt(prime), 1n);

/** A modulus of 2,048 bits of the flawed form: a power of 65537 modulo the primorial. */
function flawedModulus(): bigint {
  let power = 1n;
  for (let step = 0; step < 1234; step += 1) power = (power * 65_537n) % primorial;
  const multiple = (1n << 2047n) / primorial + 1n;
  return multiple * primorial + power;
}

const flawed = {
  kty: "RSA",
  e: "AQAB",
  n: Buffer.from(flawedModulus().toString(16), "hex").toString("base64url"),
};

test("a key with the ROCA weakness is detected and never used (CVE-2017-15361)", () => {
  expect(isRocaKey(createPublicKey({ key: flawed, format: "jwk" }))).toBe(true);
  expect(importPublicJwk(flawed, ["RS256", "PS256"])).toBe(null);
});

test("a properly generated key is not flagged", () => {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  expect(isRocaKey(publicKey)).toBe(false);
  expect(importPublicJwk({ ...publicKey.export({ format: "jwk" }) }, ["RS256"])).not.toBe(null);
});

test("a key without a modulus is not flagged", () => {
  expect(isRocaKey(generateKeyPairSync("ed25519").publicKey)).toBe(false);
});
