export type BearerHeader =
  | { readonly kind: "absent" }
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "malformed" };

const absent: BearerHeader = { kind: "absent" };
const malformed: BearerHeader = { kind: "malformed" };
/** RFC 6750, section 2.1: `b64token`. */
const tokenPattern = /^[A-Za-z0-9\-._~+/]+=*$/;
const schemeLength = "bearer ".length;

/**
 * The token of an `Authorization` header (RFC 6750): the scheme in any case, one space, one token. Anything else that is present is
 * malformed and never treated as absent: other schemes, more spaces, tabs, two headers (joined by a comma).
 */
export function readBearer(header: string | null): BearerHeader {
  if (header === null) return absent;
  if (header.length <= schemeLength || header.slice(0, schemeLength).toLowerCase() !== "bearer ")
    return malformed;
  const token = header.slice(schemeLength);
  return tokenPattern.test(token) ? { kind: "token", token } : malformed;
}
