import { createHmac, timingSafeEqual } from "node:crypto";
import { sortByName } from "../query-pairs.ts";

/** A shorter secret could be guessed. */
export const secretBytesMin = 32;

/** The query parameters of a signed URL. */
export const signatureParameters = {
  expires: "expires",
  keyId: "key",
  watermark: "watermark",
  signature: "signature",
} as const;

/** The signed components: a change of any of them invalidates the signature. */
export interface SignedParts {
  /** `HEAD` counts as `GET`. */
  readonly method: string;
  /** Lower case, without port. */
  readonly host: string;
  /** As in the URL, percent-encoded. */
  readonly path: string;
  /** Seconds since the epoch. */
  readonly expires: string;
  readonly keyId: string;
  readonly watermark: string;
  /** `name=value` as in the URL; the order of names is not significant, that of one name's values is. */
  readonly query: readonly string[];
}

/** HMAC-SHA-256 over the parts, one a line; none of them can hold a line break. */
export function signParts(secret: Uint8Array, parts: SignedParts): Buffer {
  const text = [
    "cartway-signed-url-1",
    parts.method === "HEAD" ? "GET" : parts.method,
    parts.host,
    parts.path,
    parts.expires,
    parts.keyId,
    parts.watermark,
    sortByName(parts.query).join("&"),
  ].join("\n");
  return createHmac("sha256", secret).update(text).digest();
}

/** Compared as text, so that a signature has one encoding: two bits of its last base64url character are unused. */
export function isSignature(expected: Buffer, given: string): boolean {
  const [own, other] = [Buffer.from(expected.toString("base64url")), Buffer.from(given)];
  return own.length === other.length && timingSafeEqual(own, other);
}
