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
 * The token of an `Authorization` header (RFC 6750). One scheme in any case, one space, one token. All else that is there is
 * malformed and never absent: another scheme, more spaces, tabs, two headers (which arrive joined by a comma).
 */
export function readBearer(header: string | null): BearerHeader {
  if (header === null) return absent;
  if (header.length <= schemeLength || header.slice(0, schemeLength).toLowerCase() !== "bearer ")
    return malformed;
  const token = header.slice(schemeLength);
  return tokenPattern.test(token) ? { kind: "token", token } : malformed;
}
