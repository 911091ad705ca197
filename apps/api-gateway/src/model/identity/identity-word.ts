/**
 * Encodes a name for headers and channels: anything but visible ASCII, and word separators, become percent escapes of UTF-8. The percent
 * sign is escaped too, so that the encoding is unambiguous.
 */
export function identityWord(name: string): string {
  return name.toWellFormed().replaceAll(/[^\x21-\x7e]|[,%"\\]/gu, percentEscapes);
}

/** The UTF-8 of a well-formed text, every byte escaped. */
export function percentEscapes(text: string): string {
  const bytes = Array.from(new TextEncoder().encode(text));
  return bytes.map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}

/** Decodes such a word; any other text is returned unchanged. */
export function nameOfWord(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch (thrown) {
    if (thrown instanceof URIError) return word;
    throw thrown;
  }
}
