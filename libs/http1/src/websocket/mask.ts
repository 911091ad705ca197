/**
 * Masks or unmasks in place, word by word (RFC 6455, section 5.3).
 * @param key its four bytes, read as little endian.
 * @returns whether the result is pure ASCII.
 */
export function mask(bytes: Buffer, start: number, end: number, key: number): boolean {
  let seen = 0;
  let at = start;
  for (const last = end - 3; at < last; at += 4) {
    const word = bytes.readInt32LE(at) ^ key;
    seen |= word;
    bytes.writeInt32LE(word, at);
  }
  for (let rest = key; at < end; at += 1, rest >>>= 8) {
    const byte = (bytes[at] ?? 0) ^ (rest & 0xff);
    seen |= byte;
    bytes[at] = byte;
  }
  return (seen & 0x80808080) === 0;
}
