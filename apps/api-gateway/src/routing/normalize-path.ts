import { CartwayError } from "@libs/errors";

/** Most paths need nothing: no escapes, no empty or dot segments, only printable ASCII but backslash. */
const plain = /^(?:\/(?!\.{1,2}(?:\/|$))[!$&'()*+,;=:@\w.~-]+)*\/?$/;

const unreserved = /^[\w.~-]$/;

const pathCharsMax = 8192;

/**
 * The one spelling of a path (RFC 3986, section 6.2.2): what routing sees is what the upstream gets. Escapes of unreserved
 * characters are decoded, other escapes keep their meaning in upper case (`%2F` stays data, never a separator), repeated
 * slashes become one, dot segments are resolved.
 *
 * @throws CartwayError `invalid_path` for NUL and other control characters, backslashes, broken escapes, bytes outside ASCII,
 * U+FFFD and dot segments that climb above the root; `uri_too_long` above 8,192 characters.
 */
export function normalizePath(path: string): string {
  if (path.length > pathCharsMax) throw new CartwayError("uri_too_long");
  if (plain.test(path)) return path;
  return resolveSegments(normalizeEscapes(path));
}

function normalizeEscapes(path: string): string {
  if (/[^\x21-\x7e]|\\/.test(path)) throw new CartwayError("invalid_path");
  // What Bun puts in the place of bytes that are no UTF-8: it is not what was asked for, and two such paths look alike.
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
