import { decodeBase64url } from "./base64url.ts";
import { parseStrictJson } from "./strict-json.ts";
import { type TokenFault, toTokenFault } from "./token-fault.ts";

/** A JWS in compact form (RFC 7515, section 7.1), taken apart and not yet verified; its payload may be any bytes. */
export interface JwsParts {
  readonly algorithm: string;
  /** `null` where the token names no key. */
  readonly keyId: string | null;
  /** The `typ` header in lower case without the `application/` prefix, `null` where there is none. */
  readonly type: string | null;
  readonly payloadBytes: Buffer;
  /** The bytes that were signed: both first parts with their dot. */
  readonly signingInput: Buffer;
  readonly signature: Buffer;
}

export type SplitJws =
  | { readonly ok: true; readonly parts: JwsParts }
  | { readonly ok: false; readonly fault: TokenFault };

const keyIdLengthMax = 256;
const headerBounds = { depthMax: 3, membersMax: 32 };

/** Headers that bring a key along, point to one, or change the rules: a verifier that heeds them believes the attacker. */
const forbiddenHeaders = ["jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc"];

/**
 * Takes a token apart without believing it. Stricter than RFC 7515 needs: every part must re-encode to itself, no header may
 * stand twice, and headers that carry or point to keys are refused instead of ignored.
 *
 * @param lengthMax of the whole token in characters
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

/** RFC 7515, section 4.1.9: compared without case, `application/` may be left out. */
function normaliseType(type: string): string {
  const lower = type.toLowerCase();
  return lower.startsWith("application/") ? lower.slice("application/".length) : lower;
}
