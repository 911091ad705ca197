/** Together with the 32 bits of the previous word this makes 52, which a number holds exactly. */
const upperBits = 2 ** 20 - 1;
const upperPlace = 2 ** 32;

const bytes = new Uint8Array(32);
const words = new Uint32Array(bytes.buffer);

/**
 * 156 bits of a credential's SHA-256: what an in-memory cache may store of it. Kept as numbers, so that a look-up follows no pointer
 * beyond the entry and creates no string.
 */
export class CredentialDigest {
  readonly first: number;
  readonly second: number;
  readonly third: number;

  constructor(credential: string) {
    Bun.SHA256.hash(credential, bytes);
    this.first = numberAt(0);
    this.second = numberAt(2);
    this.third = numberAt(4);
  }
}

function numberAt(word: number): number {
  return (words[word] ?? 0) + ((words[word + 1] ?? 0) & upperBits) * upperPlace;
}
