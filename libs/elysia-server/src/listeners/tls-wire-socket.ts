import type { TLSSocket } from "node:tls";
import type { SocketOwner, WireSocket } from "@libs/http1";

/** What is handed to TLS in one piece: as much as one of its records holds. */
const pieceBytesMax = 16_384;

/** A connection of `node:tls` as the sockets are that requests are read from and answers written to. */
export class TlsWireSocket implements WireSocket {
  data: SocketOwner | null = null;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly #socket: TLSSocket;
  /** It has not yet sent what it was given: it gets no more until it has. */
  #isFull = false;

  constructor(socket: TLSSocket) {
    this.#socket = socket;
    this.remoteAddress = socket.remoteAddress ?? "";
    this.remotePort = socket.remotePort ?? 0;
  }

  /** Has whoever owns it at the moment told of all that happens to it. */
  follow(): void {
    const socket = this.#socket;
    socket.on("data", (bytes: Buffer) => this.data?.received(bytes));
    socket.on("drain", () => {
      this.#isFull = false;
      this.data?.drained();
    });
    socket.on("end", () => this.data?.ended());
    socket.on("close", () => this.data?.lost());
    // What the system or TLS says of a connection is its client's affair.
    socket.on("error", () => this.data?.terminate());
  }

  write(bytes: Uint8Array, start: number, length: number): number {
    let taken = 0;
    while (taken < length && !this.#isFull && this.#socket.writable) {
      const piece = Math.min(length - taken, pieceBytesMax);
      // It keeps what it is given until that is sent.
      const own = Buffer.from(bytes.subarray(start + taken, start + taken + piece));
      this.#isFull = !this.#socket.write(own);
      taken += piece;
    }
    return taken;
  }

  shutdown(): void {
    this.#socket.end();
  }

  end(): void {
    this.#socket.destroySoon();
  }

  terminate(): void {
    this.#socket.destroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }
}
