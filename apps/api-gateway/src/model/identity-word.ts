/**
 * A name as services are told it, in headers and in channels: everything but visible ASCII, and what separates words, as percent escapes
 * of its UTF-8. A percent sign of its own is escaped as well, so that no name passes for the word of another.
 */
export function identityWord(name: string): string {
  return name
    .toWellFormed()
    .replaceAll(/[^\x21-\x7e]|[,%"\\]/gu, (character) =>
      Array.from(
        new TextEncoder().encode(character),
        (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
      ).join(""),
    );
}

/** The name that the word stands for; what is no such word stands for itself. */
export function nameOfWord(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch (thrown) {
    if (thrown instanceof URIError) return word;
    throw thrown;
  }
}
