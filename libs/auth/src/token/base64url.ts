const alphabet = /^[A-Za-z0-9_-]*$/;

/**
 * Decodes base64url without padding (RFC 7515, section 2). `null` unless the text is the one spelling of its bytes:
 * padding, white space, the other alphabet and non-zero trailing bits all decode elsewhere to the same bytes, and would
 * give one token many names.
 */
export function decodeBase64url(text: string): Buffer | null {
  if (!alphabet.test(text)) return null;
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : null;
}
