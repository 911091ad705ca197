import { describe, expect, test } from "bun:test";
import { readSignatures, vectorDirectory, wycheproofSuiteName } from "../../test/wycheproof.ts";
import { type JwsAlgorithmName, jwsAlgorithms } from "./jws-algorithms.ts";

/** The vectors of each algorithm's own signatures, in the form in which a JWS carries them. */
const files: readonly (readonly [JwsAlgorithmName, readonly string[]])[] = [
  ["HS256", ["hmac_sha256"]],
  ["HS384", ["hmac_sha384"]],
  ["HS512", ["hmac_sha512"]],
  ["RS256", ["rsa_signature_2048_sha256", "rsa_signature_3072_sha256", "rsa_signature_4096_sha256"]],
  ["RS384", ["rsa_signature_2048_sha384", "rsa_signature_3072_sha384", "rsa_signature_4096_sha384"]],
  ["RS512", ["rsa_signature_2048_sha512", "rsa_signature_3072_sha512", "rsa_signature_4096_sha512"]],
  ["PS256", ["rsa_pss_2048_sha256_mgf1_32", "rsa_pss_4096_sha256_mgf1_32"]],
  ["PS384", ["rsa_pss_2048_sha384_mgf1_48", "rsa_pss_4096_sha384_mgf1_48"]],
  ["PS512", ["rsa_pss_4096_sha512_mgf1_64"]],
  ["ES256", ["ecdsa_secp256r1_sha256_p1363"]],
  ["ES384", ["ecdsa_secp384r1_sha384_p1363"]],
  ["ES512", ["ecdsa_secp521r1_sha512_p1363"]],
  ["Ed25519", ["ed25519"]],
];

describe.skipIf(vectorDirectory === null)(wycheproofSuiteName, () => {
  for (const [algorithm, names] of files) {
    for (const name of names) {
      test(`every signature of ${name} gets the expected verdict`, async () => {
        const { fits, verify } = jwsAlgorithms[algorithm];
        const all = await readSignatures(`${name}_test.json`);
        // keys that are too short for the algorithm are never asked
        const cases = all.filter(({ key }) => fits(key));
        expect(cases.length).toBeGreaterThan(30);
        const differing = cases.filter(({ key, message, signature, isValid }) => {
          const given = [Buffer.from(message, "hex"), Buffer.from(signature, "hex")] as const;
          return verify(key, ...given) !== isValid;
        });
        expect(differing.map(({ id, isValid }) => ({ id, isValid }))).toEqual([]);
      });
    }
  }
});
