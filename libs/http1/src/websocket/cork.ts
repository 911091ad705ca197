import { headBytesOf, writeHead } from "./frame-head.ts";
import type { Opcode } from "./opcodes.ts";
import type { Wire } from "../takeover.ts";

const corkBytes = 65_536;

/**
 * Gathers what is sent to one connection at a time, so that it goes out in one write: texts are encoded straight into it, and
 * the memory is shared by all connections of a listener.
 */
export class Cork {
  readonly #bytes = Buffer.allocUnsafeSlow(corkBytes);
  #length = 0;
  #wire: Wire | null = null;

  holds(wire: Wire): boolean {
    return this.#wire === wire;
  }

  /** What the wire's former holder had gathered is sent. @returns who it was: for `release`. */
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

  /** Forgets what was gathered. */
  discard(): void {
    this.#length = 0;
  }

  /** @returns the bytes of the payload. */
  text(text: string): number {
    const most = text.length * 3 + 10;
    if (most > corkBytes) return this.frame(1, Buffer.from(text));
    if (most > corkBytes - this.#length) this.flush();
    const at = this.#length;
    // Most texts are as long as their bytes: where one is not and its head needs more room, it is moved.
    const guessed = text.length < 126 ? 2 : 4;
    const written = this.#bytes.write(text, at + guessed);
    const headBytes = headBytesOf(written);
    if (headBytes !== guessed) this.#bytes.copyWithin(at + headBytes, at + guessed, at + guessed + written);
    writeHead(this.#bytes, at, 1, written);
    this.#length = at + headBytes + written;
    return written;
  }

  /** @returns the bytes of the payload. */
  frame(opcode: Opcode, payload: Uint8Array): number {
    const { byteLength } = payload;
    const headBytes = headBytesOf(byteLength);
    if (headBytes + byteLength > corkBytes - this.#length) this.flush();
    writeHead(this.#bytes, this.#length, opcode, byteLength);
    this.#length += headBytes;
    this.bytes(payload);
    return byteLength;
  }

  /** As they are. What is larger than the cork is written beside it. */
  bytes(bytes: Uint8Array): void {
    if (bytes.byteLength > corkBytes - this.#length) this.flush();
    if (bytes.byteLength > corkBytes) return void this.#wire?.write(bytes);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.byteLength;
  }
}
