import { SocketWire } from "@libs/http1";
import type { Socket } from "bun";
import type { BytesSent, UpstreamRequest } from "../../model/upstream.ts";
import { headBytesMax, writeHead } from "./write-head.ts";

/** Shared by all connections: what is written from it is handed over before anything else can run. */
const scratch = Buffer.allocUnsafe(headBytesMax + 65_536);

/** Writes requests to one socket, and knows exactly how much of the present one was handed to the kernel. */
export class Outbox {
  #wire: SocketWire | null = null;
  /** What the kernel had taken when the present message began. */
  #takenBefore = 0;
  #isClosed = false;
  #onDrain: (() => void) | null = null;
  #onClose: (() => void) | null = null;

  attach(socket: Socket<unknown>): void {
    this.#wire = new SocketWire(socket);
  }

  /**
   * Starts a message: its head and, where its body is in memory, the body, in one write where it is small.
   * @throws CartwayError where the head cannot be written: nothing is sent.
   */
  send(request: UpstreamRequest): void {
    this.#takenBefore = this.#wire?.takenBytes ?? 0;
    const headBytes = writeHead(request, scratch);
    const body = request.body instanceof Uint8Array ? request.body : null;
    if (body === null) return this.#putScratch(headBytes);
    if (headBytes + body.byteLength <= scratch.byteLength) {
      scratch.set(body, headBytes);
      return this.#putScratch(headBytes + body.byteLength);
    }
    this.#putScratch(headBytes);
    this.write(body);
  }

  /** One chunk of a chunked body (RFC 9112, section 7.1). */
  chunk(data: Uint8Array): void {
    const size = `${data.byteLength.toString(16)}\r\n`;
    const bytes = size.length + data.byteLength + 2;
    if (bytes > scratch.byteLength) {
      this.write(Buffer.from(size, "latin1"));
      this.write(data);
      this.write(Buffer.from("\r\n", "latin1"));
      return;
    }
    const sizeBytes = scratch.write(size, 0, "latin1");
    scratch.set(data, sizeBytes);
    scratch.write("\r\n", sizeBytes + data.byteLength, "latin1");
    this.#putScratch(bytes);
  }

  /** @param data may be changed afterwards: what has to wait of it is copied. */
  write(data: Uint8Array): void {
    this.#wire?.write(data);
  }

  /** How much of the message is with the kernel. @param isWhole nothing more of it will come. */
  sent(isWhole: boolean): BytesSent {
    if ((this.#wire?.takenBytes ?? 0) === this.#takenBefore) return "none";
    return isWhole && this.isEmpty ? "all" : "some";
  }

  /** Whether the kernel has taken all that was written so far. */
  get isEmpty(): boolean {
    return this.#wire === null || this.#wire.bufferedBytes === 0;
  }

  /** Resolves when all that was written is with the kernel; `null` where it is already. Rejects once the socket is gone. */
  whenDrained(): Promise<void> | null {
    if (this.#isClosed) return Promise.reject(new Error("the connection is closed"));
    if (this.isEmpty) return null;
    return new Promise((resolve, reject) => {
      this.#onDrain = () => (this.#isClosed ? reject(new Error("the connection is closed")) : resolve());
    });
  }

  drained(): void {
    if (this.#wire?.flush() !== false) this.#wake();
  }

  /** Told once, when the socket is gone: who waits for more to send shall not wait on. */
  onClose(callback: () => void): void {
    this.#onClose = callback;
  }

  close(): void {
    this.#isClosed = true;
    this.#wire?.closed();
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
    this.#wire?.writePart(scratch, 0, bytes);
  }
}
