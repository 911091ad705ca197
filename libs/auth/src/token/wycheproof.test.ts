import { describe, expect, test } from "bun:test";
import {
  readVectors,
  vectorDirectory,
  type WycheproofCase,
  wycheproofSuiteName,
} from "../../test/wycheproof.ts";
import { checkSignature } from "./check-signature.ts";
import { isJwsAlgorithm, isSymmetric, type JwsAlgorithmName } from "./jws-algorithms.ts";
import { splitCompactJws } from "./jws-parts.ts";
import { KeySet } from "./key-source.ts";
import { importPublicJwk, importSecret, type VerificationKey } from "./verification-key.ts";

type Jwk = Readonly<Record<string, unknown>>;

/** Valid by the vectors, refused here: each with its reason. */
const stricter: Readonly<Record<string, string>> = {
  "346 rfc7520 Figure20":
    "the key names PS256, the token PS384: a key is good for the algorithm that it names alone",
  "347 rfc7520 Figure27": "the key names ES521, which is no algorithm",
  "350 rfc7520WithKeyOps Figure20": "as 346",
  "351 rfc7520WithKeyOps Figure27": "as 347",
  "372 base64 InvalidCharacterInsertedInHeader":
    "a character outside of base64url is a second spelling of a token",
  "373 base64 InvalidCharacterInsertedInPayload": "as 372",
};

/** Invalid by the vectors, accepted here: each with its reason. */
const looser: Readonly<Record<string, string>> = {
  "367 base64 invalidBase64Padding": "its token is that of 357, letter by letter, which is valid",
  "370 base64 invalidBase64PaddingInPayload": "as 367",
  "4 jws_duplicate_kid rejectsDuplicateKid":
    "marked ambiguous: keys of one name in one set are all the issuer's own (RFC 7517, 4.5), and one has signed it",
};

/** The algorithms that whoever wrote a config for this key would allow: the ones that the key names, or all of its kind. */
function allowedFor(jwks: readonly Jwk[]): JwsAlgorithmName[] {
  const named = jwks.map((jwk) => String(jwk["alg"])).filter(isJwsAlgorithm);
  return [...new Set(named)];
}

function importKey(jwk: Jwk, allowed: readonly JwsAlgorithmName[]): VerificationKey | null {
  if (jwk["kty"] !== "oct") return importPublicJwk(jwk, allowed);
  try {
    const keyId = typeof jwk["kid"] === "string" ? jwk["kid"] : null;
    return importSecret(Buffer.from(String(jwk["k"]), "base64url"), keyId, allowed.filter(isSymmetric));
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

function isAccepted({ jws, keys }: WycheproofCase): boolean {
  const allowed = allowedFor(keys);
  // what a config with both is refused for
  if (allowed.some(isSymmetric) && !allowed.every(isSymmetric)) return false;
  const split = splitCompactJws(jws, 8192);
  if (!split.ok) return false;
  const { algorithm, keyId } = split.parts;
  if (!isJwsAlgorithm(algorithm) || !allowed.includes(algorithm)) return false;
  const imported = keys.map((jwk) => importKey(jwk, allowed)).filter((key) => key !== null);
  return checkSignature(split.parts, algorithm, new KeySet(imported).find(keyId)) === null;
}

const files = [
  "json_web_signature_test.json",
  "json_web_key_test.json",
  "json_web_crypto_test.json",
] as const;

describe.skipIf(vectorDirectory === null)(wycheproofSuiteName, () => {
  for (const file of files) {
    test(`every signature of ${file} gets the expected verdict`, async () => {
      const cases = await readVectors(file);
      expect(cases.length).toBeGreaterThan(20);
      const differing = cases.filter((each) => isAccepted(each) !== each.isValid);
      const unexplained = differing.filter(
        ({ name, isValid }) => (isValid ? stricter : looser)[name] === undefined,
      );
      expect(unexplained.map(({ name, isValid }) => ({ name, isValid }))).toEqual([]);
      const explained = Object.keys({ ...stricter, ...looser }).filter((name) =>
        cases.some((each) => each.name === name),
      );
      expect(differing.map(({ name }) => name).toSorted()).toEqual(explained.toSorted());
    });
  }
});
