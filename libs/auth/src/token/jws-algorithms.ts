import { constants, createHmac, type KeyObject, timingSafeEqual, verify } from "node:crypto";
import { isRocaKey } from "./roca.ts";

/** The key requirements and verification of an algorithm of RFC 7518 or RFC 8037. */
interface JwsAlgorithm {
  readonly fits: (key: KeyObject) => boolean;
  readonly verify: (key: KeyObject, input: Buffer, signature: Buffer) => boolean;
}

const rsaModulusBitsMin = 2048;

/** All supported signature algorithms. `none` is not among them and cannot be configured. */
export const jwsAlgorithms = {
  HS256: hmac("sha256", 32),
  HS384: hmac("sha384", 48),
  HS512: hmac("sha512", 64),
  RS256: rsa("sha256"),
  RS384: rsa("sha384"),
  RS512: rsa("sha512"),
  PS256: rsaPss("sha256", 32),
  PS384: rsaPss("sha384", 48),
  PS512: rsaPss("sha512", 64),
  ES256: ecdsa("sha256", "prime256v1", 64),
  ES384: ecdsa("sha384", "secp384r1", 96),
  ES512: ecdsa("sha512", "secp521r1", 132),
  EdDSA: edDsa(),
  Ed25519: edDsa(),
} as const satisfies Record<string, JwsAlgorithm>;

export type JwsAlgorithmName = keyof typeof jwsAlgorithms;

export const jwsAlgorithmNames = Object.keys(jwsAlgorithms).filter(isJwsAlgorithm);

export function isJwsAlgorithm(name: string): name is JwsAlgorithmName {
  return Object.hasOwn(jwsAlgorithms, name);
}

export function isSymmetric(name: JwsAlgorithmName): boolean {
  return name.startsWith("HS");
}

/** RFC 7518, section 3.2: the key must be at least as long as the hash. */
function hmac(hash: string, bytesMin: number): JwsAlgorithm {
  return {
    fits: (key) => key.type === "secret" && (key.symmetricKeySize ?? 0) >= bytesMin,
    verify: (key, input, signature) => {
      const expected = createHmac(hash, key).update(input).digest();
      return expected.length === signature.length && timingSafeEqual(expected, signature);
    },
  };
}

function isRsa(key: KeyObject): boolean {
  return (
    key.type === "public" &&
    key.asymmetricKeyType === "rsa" &&
    (key.asymmetricKeyDetails?.modulusLength ?? 0) >= rsaModulusBitsMin &&
    !isRocaKey(key)
  );
}

function rsa(hash: string): JwsAlgorithm {
  return { fits: isRsa, verify: (key, input, signature) => verify(hash, input, key, signature) };
}

function rsaPss(hash: string, saltLength: number): JwsAlgorithm {
  return {
    fits: isRsa,
    verify: (key, input, signature) =>
      verify(hash, input, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, signature),
  };
}

/** JWS encodes r and s side by side (RFC 7518, section 3.4), not as DER, so the length is fixed. */
function ecdsa(hash: string, curve: string, signatureBytes: number): JwsAlgorithm {
  return {
    fits: (key) =>
      key.type === "public" &&
      key.asymmetricKeyType === "ec" &&
      key.asymmetricKeyDetails?.namedCurve === curve,
    verify: (key, input, signature) =>
      signature.length === signatureBytes &&
      verify(hash, input, { key, dsaEncoding: "ieee-p1363" }, signature),
  };
}

function edDsa(): JwsAlgorithm {
  return {
    fits: (key) => key.type === "public" && key.asymmetricKeyType === "ed25519",
    verify: (key, input, signature) => signature.length === 64 && verify(null, input, key, signature),
  };
}
