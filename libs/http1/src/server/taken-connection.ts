import type { SocketWire } from "../socket-wire.ts";
import type { Takeover, Wire } from "../takeover.ts";
import { EarlyBytes } from "./early-bytes.ts";
import type { ConnectionHost, SocketOwner } from "./host.ts";

/**
 * One socket of a client that speaks another protocol now. It stays open for hours, and there are a hundred thousand of them: nothing
 * of what HTTP needed is held from here.
 */
export class TakenConnection implements SocketOwner {
  readonly wire: SocketWire;
  readonly #host: ConnectionHost;
  #takeover: Takeover | null = null;
  /** The protocol's first bytes, where they came before it was opened. */
  #early: EarlyBytes | null = null;
  #isClosed = false;

  /** @param early what came behind the request. */
  constructor(wire: SocketWire, host: ConnectionHost, early: Buffer | null) {
    this.wire = wire;
    this.#host = host;
    if (early === null) return;
    this.#early = new EarlyBytes();
    this.#early.set(early);
  }

  /** Gives the connection to its protocol. What came early is for later: not before whoever opens it is done with that. */
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
    // The system also says so of a socket that never was full.
    if (this.wire.flush() && hadWaiting) this.#takeover?.drained();
  }

  ended(): void {
    // It may still read the last that it was sent, what the system holds of it among it.
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
