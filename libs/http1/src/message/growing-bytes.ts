const firstBytes = 512;

/** A growing buffer. Allocates at most twice what was received, whatever length the sender announced. */
export class GrowingBytes {
  #bytes: Buffer = Buffer.allocUnsafeSlow(firstBytes);
  length = 0;

  append(source: Buffer, start: number, end: number): void {
    const length = this.length + end - start;
    if (length > this.#bytes.byteLength) {
      const grown = Buffer.allocUnsafeSlow(Math.max(length, this.#bytes.byteLength * 2));
      this.#bytes.copy(grown, 0, 0, this.length);
      this.#bytes = grown;
    }
    source.copy(this.#bytes, this.length, start, end);
    this.length = length;
  }

  /** Valid until the next `append`. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }
}
