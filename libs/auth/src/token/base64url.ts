const alphabet = /^[A-Za-z0-9_-]*$/;

/**
 * Decodes base64url without padding (RFC 7515, section 2). `null` unless the text is the canonical encoding of its bytes: lenient
 * decoders also accept padding, whitespace, the other alphabet and non-zero trailing bits, which would give one token many spellings.
 */
export function decodeBase64url(text: string): Buffer | null {
  if (!alphabet.test(text)) return null;
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : null;
}
