import type { SocketWire } from "../socket-wire.ts";
import type { Takeover, Wire } from "../takeover.ts";
import { EarlyBytes } from "./early-bytes.ts";
import type { ConnectionHost, SocketOwner } from "./host.ts";

/**
 * An upgraded connection. It lives for hours, and there are a hundred thousand of them: nothing that HTTP needed is referenced from here.
 */
export class TakenConnection implements SocketOwner {
  index = -1;
  readonly wire: SocketWire;
  readonly #host: ConnectionHost;
  #takeover: Takeover | null = null;
  /** First bytes of the new protocol that arrived before it was opened. */
  #early: EarlyBytes | null = null;
  #isClosed = false;

  /** @param early bytes that followed the request. */
  constructor(wire: SocketWire, host: ConnectionHost, early: Buffer | null) {
    this.wire = wire;
    this.#host = host;
    if (early === null) return;
    this.#early = new EarlyBytes();
    this.#early.set(early);
  }

  /** Starts the new protocol. Early bytes are delivered afterwards, once the code that opens it has returned. */
  open(open: (wire: Wire) => Takeover): void {
    if (this.#early !== null) queueMicrotask(() => this.#deliverEarly());
    this.#takeover = open(this.wire);
  }

  received(bytes: Buffer): void {
    if (this.#early === null) this.#takeover?.received(bytes);
    else this.#early.add(bytes);
  }

  drained(): void {
    const hadWaiting = this.wire.bufferedBytes > 0;
    // the system also reports drain for sockets that were never full
    if (this.wire.flush() && hadWaiting) this.#takeover?.drained();
  }

  ended(): void {
    // the client may still be reading what was sent last, part of which can be in the kernel's buffers
    if (!this.wire.isSendingLast) this.terminate();
  }

  lost(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#early = null;
    this.wire.closed();
    this.#takeover?.closed();
    this.#host.closed(this);
  }

  terminate(): void {
    this.wire.terminate();
    this.lost();
  }

  #deliverEarly(): void {
    const early = this.#early?.take() ?? null;
    this.#early = null;
    if (early !== null && !this.#isClosed) this.#takeover?.received(early);
  }
}
