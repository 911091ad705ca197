import type { Socket } from "bun";
import type { BytesSent, UpstreamRequest } from "../../model/upstream.ts";
import { headBytesMax, writeHead } from "./write-head.ts";

/** Shared by all connections: what is written from it is handed over before anything else can run. */
const scratch = Buffer.allocUnsafe(headBytesMax + 65_536);

/** Writes to one socket and keeps what it does not take. Knows exactly how much was handed to the kernel. */
export class Outbox {
  #socket: Socket<unknown> | null = null;
  #rest: Uint8Array[] = [];
  #written = 0;
  #isClosed = false;
  #onDrain: (() => void) | null = null;
  #onClose: (() => void) | null = null;

  attach(socket: Socket<unknown>): void {
    this.#socket = socket;
  }

  /**
   * Starts a message: its head and, where its body is in memory, the body, in one write where it is small.
   * @throws CartwayError where the head cannot be written: nothing is sent.
   */
  send(request: UpstreamRequest): void {
    this.#written = 0;
    const headBytes = writeHead(request, scratch);
    const body = request.body instanceof Uint8Array ? request.body : null;
    if (body === null) return this.#putScratch(headBytes);
    if (headBytes + body.byteLength <= scratch.byteLength) {
      scratch.set(body, headBytes);
      return this.#putScratch(headBytes + body.byteLength);
    }
    this.#putScratch(headBytes);
    this.#put(body);
  }

  /** One chunk of a chunked body (RFC 9112, section 7.1). */
  chunk(data: Uint8Array): void {
    const size = `${data.byteLength.toString(16)}\r\n`;
    const bytes = size.length + data.byteLength + 2;
    if (bytes > scratch.byteLength) {
      this.#put(Buffer.from(size, "latin1"));
      this.#put(data);
      this.#put(Buffer.from("\r\n", "latin1"));
      return;
    }
    const sizeBytes = scratch.write(size, 0, "latin1");
    scratch.set(data, sizeBytes);
    scratch.write("\r\n", sizeBytes + data.byteLength, "latin1");
    this.#putScratch(bytes);
  }

  write(data: Uint8Array): void {
    this.#put(data);
  }

  /** How much of the message is with the kernel. @param isWhole nothing more of it will come. */
  sent(isWhole: boolean): BytesSent {
    if (this.#written === 0) return "none";
    return isWhole && this.#rest.length === 0 ? "all" : "some";
  }

  /** Whether the kernel has taken all that was written so far. */
  get isEmpty(): boolean {
    return this.#rest.length === 0;
  }

  /** Resolves when all that was written is with the kernel; `null` where it is already. Rejects once the socket is gone. */
  whenDrained(): Promise<void> | null {
    if (this.#isClosed) return Promise.reject(new Error("the connection is closed"));
    if (this.#rest.length === 0) return null;
    return new Promise((resolve, reject) => {
      this.#onDrain = () => (this.#isClosed ? reject(new Error("the connection is closed")) : resolve());
    });
  }

  drained(): void {
    while (this.#rest.length > 0) {
      const [next] = this.#rest;
      if (next === undefined) return;
      const taken = this.#take(next, 0, next.byteLength);
      if (taken < next.byteLength) {
        this.#rest[0] = next.subarray(taken);
        return;
      }
      this.#rest.shift();
    }
    this.#wake();
  }

  /** Told once, when the socket is gone: who waits for more to send shall not wait on. */
  onClose(callback: () => void): void {
    this.#onClose = callback;
  }

  close(): void {
    this.#isClosed = true;
    this.#rest = [];
    this.#wake();
    this.#onClose?.();
    this.#onClose = null;
  }

  #wake(): void {
    const onDrain = this.#onDrain;
    this.#onDrain = null;
    onDrain?.();
  }

  #putScratch(bytes: number): void {
    const taken = this.#rest.length > 0 ? 0 : this.#take(scratch, 0, bytes);
    if (taken < bytes) this.#rest.push(Buffer.from(scratch.subarray(taken, bytes)));
  }

  #put(data: Uint8Array): void {
    const taken = this.#rest.length > 0 ? 0 : this.#take(data, 0, data.byteLength);
    // Copied: what the caller passed may be changed before the socket takes the rest.
    if (taken < data.byteLength) this.#rest.push(data.slice(taken));
  }

  /** A closed socket takes nothing and says so with a negative number. */
  #take(data: Uint8Array, start: number, length: number): number {
    if (this.#isClosed || this.#socket === null || length === 0) return 0;
    const taken = Math.max(0, this.#socket.write(data, start, length));
    this.#written += taken;
    return taken;
  }
}
