import { GrowingBytes } from "../message/growing-bytes.ts";

/** Bytes that arrived before they can be handled, in order. Appending is linear in what is added, however it is split. */
export class EarlyBytes {
  #bytes: Buffer | null = null;
  /** The buffer behind `#bytes`, once more than one piece was added. */
  #pieces: GrowingBytes | null = null;

  get isEmpty(): boolean {
    return this.#bytes === null;
  }

  get length(): number {
    return this.#bytes?.length ?? 0;
  }

  /** Replaces the content. */
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

  /** Takes all of it, and leaves nothing. */
  take(): Buffer | null {
    const bytes = this.#bytes;
    this.set(null);
    return bytes;
  }
}
