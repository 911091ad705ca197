import { GrowingBytes } from "./growing-bytes.ts";

/** The start of a head that has not come whole. One that comes byte by byte costs no more than a few times its length. */
export class BegunHead {
  #bytes: GrowingBytes | null = null;
  #searched = 0;

  get isEmpty(): boolean {
    return this.#bytes === null;
  }

  /** How much of it was looked at: there the search for its end goes on. */
  get searched(): number {
    return this.#searched;
  }

  /** All that has come, with `bytes` as the last. Valid until the next call. */
  joined(bytes: Buffer): Buffer {
    if (this.#bytes === null) return bytes;
    this.#bytes.append(bytes, 0, bytes.length);
    return this.#bytes.view();
  }

  /** More of it has to come. @param all that has come, which begins at `start`. */
  keep(all: Buffer, start: number): void {
    if (this.#bytes === null) {
      this.#bytes = new GrowingBytes();
      this.#bytes.append(all, start, all.length);
    }
    // Its end may have begun with the last three bytes.
    this.#searched = Math.max(0, this.#bytes.length - 3);
  }

  /** It has come whole, or will not. */
  clear(): void {
    this.#bytes = null;
    this.#searched = 0;
  }
}
