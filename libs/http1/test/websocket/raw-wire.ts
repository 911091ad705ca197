import type { Socket } from "bun";
import type { Wire } from "../../src/takeover.ts";

/** A raw socket as whoever takes it over sees it. */
export class RawWire implements Wire {
  readonly #socket: Socket<unknown>;
  #waiting: Buffer | null = null;
  #isEnding = false;

  constructor(socket: Socket<unknown>) {
    this.#socket = socket;
  }

  get bufferedBytes(): number {
    return this.#waiting?.byteLength ?? 0;
  }

  get remoteAddress(): string {
    return this.#socket.remoteAddress;
  }

  write(bytes: Uint8Array): number {
    return this.writePart(bytes, 0, bytes.byteLength);
  }

  writePart(bytes: Uint8Array, start: number, end: number): number {
    if (this.#waiting !== null) this.#waiting = Buffer.concat([this.#waiting, bytes.subarray(start, end)]);
    else {
      const written = Math.max(0, this.#socket.write(bytes, start, end - start));
      if (start + written < end) this.#waiting = Buffer.from(bytes.subarray(start + written, end));
    }
    return this.bufferedBytes;
  }

  /** @returns whether all that waited is gone. */
  flush(): boolean {
    const waiting = this.#waiting;
    if (waiting === null) return false;
    this.#waiting = null;
    this.write(waiting);
    if (this.#waiting !== null) return false;
    if (this.#isEnding) this.#socket.end();
    return true;
  }

  end(): void {
    this.#isEnding = true;
    if (this.#waiting === null) this.#socket.end();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }
}
