import { decodeBase64url } from "./base64url.ts";
import { parseStrictJson } from "./strict-json.ts";
import { type TokenFault, toTokenFault } from "./token-fault.ts";

/** A compact JWS (RFC 7515, section 7.1), split but not verified; its payload can be any bytes. */
export interface JwsParts {
  readonly algorithm: string;
  /** `null` where the token has no `kid`. */
  readonly keyId: string | null;
  /** The `typ` header in lower case without the `application/` prefix; `null` without one. */
  readonly type: string | null;
  readonly payloadBytes: Buffer;
  /** The signed bytes: header and payload, joined by a dot. */
  readonly signingInput: Buffer;
  readonly signature: Buffer;
}

export type SplitJws =
  | { readonly ok: true; readonly parts: JwsParts }
  | { readonly ok: false; readonly fault: TokenFault };

const keyIdLengthMax = 256;
const headerBounds = { depthMax: 3, membersMax: 32 };

/** Headers that contain or reference a key, or change how the token is processed: honoring them would let an attacker choose the key. */
const forbiddenHeaders = ["jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc"];

/**
 * Splits a token without verifying it. Stricter than RFC 7515: every part must be canonically encoded, duplicate header members are
 * refused, and so are headers that contain or reference keys.
 *
 * @param lengthMax of the whole token, in characters
 */
export function splitCompactJws(token: string, lengthMax: number): SplitJws {
  if (token.length > lengthMax) return fail("too_large");
  const first = token.indexOf(".");
  const second = token.indexOf(".", first + 1);
  if (first < 1 || second === -1 || token.includes(".", second + 1)) return fail("malformed");
  const headerBytes = decodeBase64url(token.slice(0, first));
  const payloadBytes = decodeBase64url(token.slice(first + 1, second));
  const signature = decodeBase64url(token.slice(second + 1));
  if (headerBytes === null || payloadBytes === null || signature === null) return fail("malformed");

  const header = parseStrictJson(headerBytes, headerBounds);
  if (!header.ok) return fail(toTokenFault(header.fault));
  const read = readHeader(header.value);
  if (typeof read === "string") return fail(read);
  const signingInput = Buffer.from(token.slice(0, second), "latin1");
  return { ok: true, parts: { ...read, payloadBytes, signingInput, signature } };
}

function fail(fault: TokenFault): SplitJws {
  return { ok: false, fault };
}

type HeaderFields = Pick<JwsParts, "algorithm" | "keyId" | "type">;

function readHeader(header: Readonly<Record<string, unknown>>): HeaderFields | TokenFault {
  if (forbiddenHeaders.some((name) => Object.hasOwn(header, name))) return "forbidden_header";
  const algorithm = own(header, "alg");
  if (typeof algorithm !== "string") return "malformed";
  const keyId = own(header, "kid");
  if (keyId !== undefined && !isKeyId(keyId)) return "malformed";
  const type = own(header, "typ");
  if (type !== undefined && typeof type !== "string") return "malformed";
  return { algorithm, keyId: keyId ?? null, type: type === undefined ? null : normaliseType(type) };
}

function own(header: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(header, name) ? header[name] : undefined;
}

function isKeyId(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= keyIdLengthMax;
}

/** RFC 7515, section 4.1.9: case-insensitive, and `application/` may be omitted. */
function normaliseType(type: string): string {
  const lower = type.toLowerCase();
  return lower.startsWith("application/") ? lower.slice("application/".length) : lower;
}
