/** Consonants that are told apart when read aloud (RFC 8628, section 6.1). */
const alphabet = "BCDFGHJKLMNPQRSTVWXZ";

/** Eight characters, 34.5 bits, shown as `BCDF-GHJK`. */
export function createActivationCode(): string {
  const characters: string[] = [];
  while (characters.length < 8) {
    const [byte = 255] = crypto.getRandomValues(new Uint8Array(1));
    // The bytes above the last whole run of the alphabet would make its first letters likelier.
    if (byte < 240) characters.push(alphabet[byte % alphabet.length] ?? "");
  }
  return `${characters.slice(0, 4).join("")}-${characters.slice(4).join("")}`;
}

/** As a person may type it: any case, with or without the hyphen. */
export function normalizeActivationCode(text: string): string {
  return text.toUpperCase().replaceAll(/[^A-Z]/g, "");
}

/** Codes and secrets are kept as digests only. */
export function digestOf(secret: string): string {
  return new Bun.CryptoHasher("sha256").update(secret).digest("hex");
}
