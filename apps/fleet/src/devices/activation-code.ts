/** Consonants that are easy to tell apart when read aloud (RFC 8628, section 6.1). */
const alphabet = "BCDFGHJKLMNPQRSTVWXZ";
const groups = 3;
const groupLength = 4;

/**
 * Twelve characters, 51.8 bits, shown as `BCDF-GHJK-LMNP`: short enough to type, and far beyond what can be guessed
 * through the throttle in the day it is valid.
 */
export function createActivationCode(): string {
  const characters: string[] = [];
  while (characters.length < groups * groupLength) {
    const [byte = 255] = crypto.getRandomValues(new Uint8Array(1));
    // Bytes above the last multiple of the alphabet's size are skipped: they would make its first letters likelier.
    if (byte < 240) characters.push(alphabet[byte % alphabet.length] ?? "");
  }
  return Array.from({ length: groups }, (_, group) =>
    characters.slice(group * groupLength, (group + 1) * groupLength).join(""),
  ).join("-");
}

/** Normalises a typed code: any case, with or without the hyphens. */
export function normalizeActivationCode(text: string): string {
  return text.toUpperCase().replaceAll(/[^A-Z]/g, "");
}
