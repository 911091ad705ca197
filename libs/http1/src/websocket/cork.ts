import { headBytesOf, writeHead } from "./frame-head.ts";
import type { Opcode } from "./opcodes.ts";
import type { Wire } from "../takeover.ts";

const corkBytes = 65_536;

/**
 * Collects output of one connection at a time for a single write. Texts are encoded directly into the buffer, which all connections of a
 * listener share.
 */
export class Cork {
  readonly #bytes = Buffer.allocUnsafeSlow(corkBytes);
  #length = 0;
  #wire: Wire | null = null;

  holds(wire: Wire): boolean {
    return this.#wire === wire;
  }

  /** Starts corking for `wire`, after flushing the previous wire. @returns the previous one, for `release`. */
  take(wire: Wire): Wire | null {
    const before = this.#wire;
    this.flush();
    this.#wire = wire;
    return before;
  }

  release(before: Wire | null): void {
    this.flush();
    this.#wire = before;
  }

  flush(): void {
    const length = this.#length;
    if (length === 0) return;
    this.#length = 0;
    this.#wire?.writePart(this.#bytes, 0, length);
  }

  /** Drops what was collected. */
  discard(): void {
    this.#length = 0;
  }

  /** @returns the payload's bytes. */
  text(text: string): number {
    const most = text.length * 3 + 10;
    if (most > corkBytes) return this.frame(1, Buffer.from(text));
    if (most > corkBytes - this.#length) this.flush();
    const at = this.#length;
    // assumes one byte per character, the usual case; a text that needs a longer head is moved
    const guessed = text.length < 126 ? 2 : 4;
    const written = this.#bytes.write(text, at + guessed);
    const headBytes = headBytesOf(written);
    if (headBytes !== guessed) this.#bytes.copyWithin(at + headBytes, at + guessed, at + guessed + written);
    writeHead(this.#bytes, at, 1, written);
    this.#length = at + headBytes + written;
    return written;
  }

  /** @returns the payload's bytes. */
  frame(opcode: Opcode, payload: Uint8Array): number {
    const { byteLength } = payload;
    const headBytes = headBytesOf(byteLength);
    if (headBytes + byteLength > corkBytes - this.#length) this.flush();
    writeHead(this.#bytes, this.#length, opcode, byteLength);
    this.#length += headBytes;
    this.bytes(payload);
    return byteLength;
  }

  /** Appends raw bytes. More than the buffer holds is written directly. */
  bytes(bytes: Uint8Array): void {
    if (!this.#holdsMore(bytes.byteLength)) return void this.#wire?.write(bytes);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.byteLength;
  }

  /** Like `bytes`, of those from `start` to `end`. */
  part(bytes: Buffer, start: number, end: number): void {
    if (!this.#holdsMore(end - start)) return void this.#wire?.writePart(bytes, start, end);
    bytes.copy(this.#bytes, this.#length, start, end);
    this.#length += end - start;
  }

  /** False, and empty, where so much does not fit at all. */
  #holdsMore(byteLength: number): boolean {
    if (byteLength > corkBytes - this.#length) this.flush();
    return byteLength <= corkBytes;
  }
}
