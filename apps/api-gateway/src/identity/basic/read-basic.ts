export type BasicHeader =
  | { readonly kind: "absent" }
  | { readonly kind: "malformed" }
  | { readonly kind: "credentials"; readonly user: string; readonly password: string };

const absent: BasicHeader = { kind: "absent" };
const malformed: BasicHeader = { kind: "malformed" };
const token68 = /^[A-Za-z0-9+/]+={0,2}$/;
/** User names hold none (RFC 7617, section 2), nor do passwords. */
const control = /\p{Cc}/u;
const lengthMax = 4096;

/**
 * User and password of an `Authorization` header (RFC 7617), in UTF-8, which the challenge requests. The name ends at the first colon.
 * Anything else counts as malformed, never as absent: another scheme, two headers, another encoding of the same bytes.
 */
export function readBasic(header: string | null): BasicHeader {
  if (header === null) return absent;
  if (header.length > lengthMax || header.slice(0, 6).toLowerCase() !== "basic ") return malformed;
  const encoded = header.slice(6);
  if (!token68.test(encoded)) return malformed;
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.toString("base64") !== encoded) return malformed;
  const text = bytes.toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 1 || control.test(text) || !Buffer.from(text).equals(bytes)) return malformed;
  return {
    kind: "credentials",
    user: text.slice(0, colon).normalize("NFC"),
    password: text.slice(colon + 1),
  };
}
