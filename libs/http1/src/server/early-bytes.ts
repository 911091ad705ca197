import { GrowingBytes } from "../message/growing-bytes.ts";

/** What came before its time, in its order. Adding to it costs what is added, in however many pieces it comes. */
export class EarlyBytes {
  #bytes: Buffer | null = null;
  /** What `#bytes` is a view of, where it came in several pieces. */
  #pieces: GrowingBytes | null = null;

  get isEmpty(): boolean {
    return this.#bytes === null;
  }

  get length(): number {
    return this.#bytes?.length ?? 0;
  }

  /** In place of what there was. */
  set(bytes: Buffer | null): void {
    this.#bytes = bytes;
    this.#pieces = null;
  }

  add(bytes: Buffer): void {
    if (this.#bytes === null) return this.set(bytes);
    if (this.#pieces === null) {
      this.#pieces = new GrowingBytes();
      this.#pieces.append(this.#bytes, 0, this.#bytes.length);
    }
    this.#pieces.append(bytes, 0, bytes.length);
    this.#bytes = this.#pieces.view();
  }

  /** All of it, once. */
  take(): Buffer | null {
    const bytes = this.#bytes;
    this.set(null);
    return bytes;
  }
}
