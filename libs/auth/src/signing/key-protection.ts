import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/** Encryption of stored private keys, by a secret that the store does not have; without one they are stored unencrypted. */
export interface KeyProtection {
  /** `keyId` is authenticated, so that one sealed key cannot be substituted for another. */
  seal(privatePem: string, keyId: string): string;
  /** Throws where the text is sealed and cannot be decrypted. */
  open(stored: string, keyId: string): string;
  /** True for an unencrypted text although a secret is configured. */
  shouldReseal(stored: string): boolean;
}

const sealedPrefix = "aes-256-gcm:";
const secretBytesMin = 32;
const remedy =
  "set AUTH_SIGNING_SECRET to the secret that they were sealed with, or empty the table auth_signing_keys, which makes every access token void";
const otherSecret = `the signing keys in the database are sealed with another secret: ${remedy}`;

/**
 * @param secret at least 32 bytes, kept outside the database; `null` stores keys unencrypted, so anyone who can read the table can sign.
 */
export function createKeyProtection(secret: Uint8Array | null): KeyProtection {
  if (secret === null) return plain;
  if (secret.byteLength < secretBytesMin) {
    throw new RangeError(`the secret for signing keys needs at least ${secretBytesMin} bytes`);
  }
  const key = Buffer.from(hkdfSync("sha256", secret, "", "cartway signing keys", 32));
  return {
    seal(privatePem, keyId) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(keyId));
      const sealed = Buffer.concat([cipher.update(privatePem, "utf8"), cipher.final()]);
      return sealedPrefix + Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64");
    },
    open(stored, keyId) {
      if (!stored.startsWith(sealedPrefix)) return stored;
      const bytes = Buffer.from(stored.slice(sealedPrefix.length), "base64");
      const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12), { authTagLength: 16 })
        .setAAD(Buffer.from(keyId))
        .setAuthTag(bytes.subarray(12, 28));
      const opened = decipher.update(bytes.subarray(28));
      try {
        return Buffer.concat([opened, decipher.final()]).toString("utf8");
      } catch (cause) {
        throw new Error(`${otherSecret} (key ${keyId})`, { cause });
      }
    },
    shouldReseal: (stored) => !stored.startsWith(sealedPrefix),
  };
}

const plain: KeyProtection = {
  seal: (privatePem) => privatePem,
  open(stored) {
    if (stored.startsWith(sealedPrefix))
      throw new Error(`the signing keys in the database are sealed and no secret is configured: ${remedy}`);
    return stored;
  },
  shouldReseal: () => false,
};
