import { CartwayError } from "@libs/errors";

/** Paths that need no normalisation: no escapes, no empty or dot segments, printable ASCII without backslash. Most are so. */
const plain = /^(?:\/(?!\.{1,2}(?:\/|$))[!$&'()*+,;=:@\w.~-]+)*\/?$/;

/** Syntax that parsers behind the gateway read differently. */
export interface PathRules {
  /** `%2F`: kept as data, refused, or decoded to a slash before anything reads the path. */
  readonly encodedSlashes: "keep" | "reject" | "decode";
  /** `;` and what follows it in a segment (RFC 3986, section 3.3), escaped or not, which servlet containers strip. */
  readonly pathParameters: "keep" | "reject";
}

const keepAll: PathRules = { encodedSlashes: "keep", pathParameters: "keep" };

const unreserved = /^[\w.~-]$/;

const pathCharsMax = 8192;

/**
 * Normalises a path (RFC 3986, section 6.2.2): what routing matches is what the upstream gets. Escapes of unreserved characters are
 * decoded, other escapes become upper case (`%2F` stays data, never a separator, unless the rules say otherwise), repeated slashes are
 * merged, dot segments are resolved.
 *
 * @throws CartwayError `invalid_path` for NUL and other control characters, backslashes, broken escapes, bytes outside ASCII,
 * U+FFFD, what the rules refuse and dot segments that climb above the root; `uri_too_long` above 8,192 characters.
 */
export function normalizePath(path: string, rules: PathRules = keepAll): string {
  if (path.length > pathCharsMax) throw new CartwayError("uri_too_long");
  if (rules.pathParameters === "reject" && /;|%3b/i.test(path)) throw new CartwayError("invalid_path");
  if (plain.test(path)) return path;
  return resolveSegments(readSlashes(normalizeEscapes(path), rules));
}

/** @param path with its escapes in upper case. */
function readSlashes(path: string, { encodedSlashes }: PathRules): string {
  if (encodedSlashes === "keep" || !path.includes("%2F")) return path;
  if (encodedSlashes === "reject") throw new CartwayError("invalid_path");
  return path.replaceAll("%2F", "/");
}

function normalizeEscapes(path: string): string {
  if (/[^\x21-\x7e]|\\/.test(path)) throw new CartwayError("invalid_path");
  // Bun's replacement for bytes that are not UTF-8: different requested paths would look the same.
  if (path.includes("%EF%BF%BD")) throw new CartwayError("invalid_path");
  if (/%(?![0-9a-f]{2})/i.test(path)) throw new CartwayError("invalid_path");
  return path.replaceAll(/%[0-9a-f]{2}/gi, (escape) => {
    const code = Number.parseInt(escape.slice(1), 16);
    // A decoded NUL, line end or backslash means something else to the next parser than it does to this one.
    if (code < 0x20 || code === 0x7f || code === 0x5c) throw new CartwayError("invalid_path");
    const character = String.fromCodePoint(code);
    return unreserved.test(character) ? character : escape.toUpperCase();
  });
}

function resolveSegments(path: string): string {
  const segments = path.split("/");
  const resolved: string[] = [];
  for (const segment of segments) {
    if (segment === "" || segment === ".") continue;
    if (segment !== "..") resolved.push(segment);
    else if (resolved.pop() === undefined) throw new CartwayError("invalid_path");
  }
  const last = segments.at(-1);
  const isFolder = resolved.length > 0 && (last === "" || last === "." || last === "..");
  return `/${resolved.join("/")}${isFolder ? "/" : ""}`;
}
