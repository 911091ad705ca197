/** With the 32 of the word before it 52 bits: a number that is exact. */
const upperBits = 2 ** 20 - 1;
const upperPlace = 2 ** 32;

const bytes = new Uint8Array(32);
const words = new Uint32Array(bytes.buffer);

/**
 * What a cache in memory may know of a credential: 156 bits of its SHA-256. As numbers, so that nothing has to be looked up beside
 * the entry that holds it, and no text is made for a question.
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
