import type { TLSSocket } from "node:tls";
import type { SocketOwner, WireSocket } from "@libs/http1";

/** The size of a TLS record: more is not handed over at once. */
const pieceBytesMax = 16_384;

/** Presents a `node:tls` connection as a `WireSocket`. */
export class TlsWireSocket implements WireSocket {
  data: SocketOwner | null = null;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly #socket: TLSSocket;
  /** Node has not yet sent the last piece: no more is accepted until it has. */
  #isFull = false;

  constructor(socket: TLSSocket) {
    this.#socket = socket;
    this.remoteAddress = socket.remoteAddress ?? "";
    this.remotePort = socket.remotePort ?? 0;
  }

  /** Forwards the connection's events to its current owner. */
  follow(): void {
    const socket = this.#socket;
    socket.on("data", (bytes: Buffer) => this.data?.received(bytes));
    socket.on("drain", () => {
      this.#isFull = false;
      this.data?.drained();
    });
    socket.on("end", () => this.data?.ended());
    socket.on("close", () => this.data?.lost());
    // system and TLS errors of a connection are the client's doing
    socket.on("error", () => this.data?.terminate());
  }

  write(bytes: Uint8Array, start: number, length: number): number {
    let taken = 0;
    while (taken < length && !this.#isFull && this.#socket.writable) {
      const piece = Math.min(length - taken, pieceBytesMax);
      // Node keeps the piece until it is sent, and the caller may reuse its buffer
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
