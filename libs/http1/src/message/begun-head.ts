import { GrowingBytes } from "./growing-bytes.ts";

/** The beginning of a head that has not arrived completely. Total cost is linear in its length even when it comes byte by byte. */
export class BegunHead {
  #bytes: GrowingBytes | null = null;
  #searched = 0;

  get isEmpty(): boolean {
    return this.#bytes === null;
  }

  /** Length of the part that was already searched for the end of the head. */
  get searched(): number {
    return this.#searched;
  }

  /** Everything received so far, including `bytes`. Valid until the next call. */
  joined(bytes: Buffer): Buffer {
    if (this.#bytes === null) return bytes;
    this.#bytes.append(bytes, 0, bytes.length);
    return this.#bytes.view();
  }

  /** Keeps an incomplete head. @param all received bytes; the head begins at `start`. */
  keep(all: Buffer, start: number): void {
    if (this.#bytes === null) {
      this.#bytes = new GrowingBytes();
      this.#bytes.append(all, start, all.length);
    }
    // the terminator may have begun within the last three bytes
    this.#searched = Math.max(0, this.#bytes.length - 3);
  }

  /** To be called when the head is complete or was refused. */
  clear(): void {
    this.#bytes = null;
    this.#searched = 0;
  }
}
