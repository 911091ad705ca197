import { CartwayError } from "@libs/errors";
import { isPlainUrlCode } from "../message/byte-tables.ts";
import { ownText } from "../message/own-text.ts";
import { isWellFormedHost } from "./well-formed-host.ts";

/** The scheme of a connection. */
export type Scheme = "http" | "https";

/** The host that a request is for, from its `Host` field. */
export interface Origin {
  /** `http://shop.test:3000`: in lower case, without a default port. */
  readonly url: string;
  readonly scheme: Scheme;
  /** `shop.test`: without the port, and without the trailing dot of a fully qualified name. */
  readonly host: string;
}

/** Cache of validated hosts: nearly all requests name one of a few. */
const origins = { http: new Map<string, Origin>(), https: new Map<string, Origin>() };
const originsMax = 1024;

const percent = 37;
const dot = 46;
const slash = 47;

/**
 * Normalizes an origin-form target as the URL Standard and Bun's `Request.url` do: dot segments, escaped ones included, are resolved, and
 * characters that need it are escaped.
 *
 * @param target begins with a slash; one character per byte.
 * @throws CartwayError `invalid_path` for a fragment, a backslash in the path, control characters or invalid UTF-8.
 */
export function normalTarget(target: string): string {
  return isPlain(target) ? target : normalized(target);
}

/** @throws CartwayError `invalid_host` */
export function originOf(host: string, scheme: Scheme = "http"): Origin {
  const ofScheme = origins[scheme];
  const known = ofScheme.get(host);
  if (known !== undefined) return known;
  const url = isWellFormedHost(host) ? URL.parse(`${scheme}://${host}/`) : null;
  if (url === null) throw new CartwayError("invalid_host");
  if (ofScheme.size >= originsMax) ofScheme.clear();
  const origin = { url: url.origin, scheme, host: url.hostname.replace(/\.$/, "") };
  ofScheme.set(ownText(host), origin);
  return origin;
}

/** Whether normalization would change nothing. */
function isPlain(target: string): boolean {
  for (let index = 0; index < target.length; index += 1) {
    const code = target.charCodeAt(index);
    if (isPlainUrlCode[code] === 1) continue;
    if (code === dot && target.charCodeAt(index - 1) !== slash) continue;
    // `%2e` is a dot
    if (code === percent && !isEscapedDot(target, index)) continue;
    return false;
  }
  return true;
}

function isEscapedDot(target: string, index: number): boolean {
  return target.charCodeAt(index + 1) === 50 && (target.charCodeAt(index + 2) | 32) === 101;
}

// oxlint-disable-next-line no-control-regex
const neverAllowed = /[\0- \x7f#]/;
/** In a query it is data, which browsers send as it is; in a path many parsers take it for a slash. */
const backslashInPath = /^[^?]*\\/;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function normalized(target: string): string {
  if (neverAllowed.test(target) || backslashInPath.test(target)) throw new CartwayError("invalid_path");
  const url = URL.parse(`http://a${decoded(target)}`);
  if (url === null) throw new CartwayError("invalid_path");
  return url.href.slice("http://a".length);
}

/** Decodes bytes beyond ASCII, which are invalid in a target but sent in practice, as UTF-8. */
function decoded(target: string): string {
  try {
    return utf8.decode(Buffer.from(target, "latin1"));
  } catch (thrown) {
    throw new CartwayError("invalid_path", { cause: thrown });
  }
}
