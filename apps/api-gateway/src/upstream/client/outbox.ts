import { SocketWire } from "@libs/http1";
import type { Socket } from "bun";
import type { BytesSent, UpstreamRequest } from "../../model/upstream/upstream.ts";
import { headBytesMax, writeHead } from "./write-head.ts";

/** Shared by all connections: its content is handed to a socket before any other code can run. */
const scratch = Buffer.allocUnsafe(headBytesMax + 65_536);

/** Writes requests to a socket, and tracks exactly how much of the current one the kernel has accepted. */
export class Outbox {
  #wire: SocketWire | null = null;
  /** Bytes that the kernel had accepted when the current message began. */
  #takenBefore = 0;
  #isClosed = false;
  #onDrain: (() => void) | null = null;
  #onClose: (() => void) | null = null;

  attach(socket: Socket<unknown>): void {
    this.#wire = new SocketWire(socket);
  }

  /**
   * Starts a message: writes its head and, where in memory, its body, in one write where small.
   * @throws CartwayError where the head cannot be written; nothing is sent then.
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

  /** @param data may be reused: whatever has to be buffered is copied. */
  write(data: Uint8Array): void {
    this.#wire?.write(data);
  }

  /** How much of the message the kernel has accepted. @param isWhole the message is complete. */
  sent(isWhole: boolean): BytesSent {
    if ((this.#wire?.takenBytes ?? 0) === this.#takenBefore) return "none";
    return isWhole && this.isEmpty ? "all" : "some";
  }

  /** Whether the kernel has accepted everything written so far. */
  get isEmpty(): boolean {
    return this.#wire === null || this.#wire.bufferedBytes === 0;
  }

  /** Resolves when the kernel has accepted everything; `null` where it already has. Rejects once the socket is gone. */
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

  /** Called once when the socket is gone, so that nobody waits to send more. */
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
