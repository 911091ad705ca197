import type { SocketWire } from "../socket-wire.ts";
import type { Connection } from "./connection.ts";

/** How many connections may be open at a time, those that were taken over among them. */
export interface ConnectionLimits {
  readonly all: number;
  /** Of one address. Behind a load balancer all clients have its address. */
  readonly ofAddress: number;
}

/** Connections that are being told that there are too many. Whoever comes beyond them is cut without a word. */
const toldMax = 1000;

/**
 * Counts the connections of a listener. Those above its limits are answered 503 as soon as they ask for something, and end: not taken
 * at all, they would wait in the queue of the system for nobody knows how long.
 */
export class Admissions {
  readonly #limits: () => ConnectionLimits;
  #admitted = 0;
  readonly #told = new Set<SocketWire>();
  /** Of those that were opened while there was a limit of an address. */
  readonly #addressOf = new Map<SocketWire, string>();
  readonly #byAddress = new Map<string, number>();

  /** @param limits as they are at the moment. */
  constructor(limits: () => ConnectionLimits) {
    this.#limits = limits;
  }

  /** Each connection MUST be told of once, and `left` with its end, once. */
  opened(connection: Connection): void {
    const { wire } = connection;
    if (this.#admits(wire)) {
      this.#admitted += 1;
      return;
    }
    this.#told.add(wire);
    connection.turnAway(this.#told.size > toldMax);
  }

  left(wire: SocketWire): void {
    if (this.#told.delete(wire)) return;
    this.#admitted -= 1;
    const address = this.#addressOf.get(wire);
    if (address === undefined) return;
    this.#addressOf.delete(wire);
    const others = (this.#byAddress.get(address) ?? 1) - 1;
    if (others > 0) this.#byAddress.set(address, others);
    else this.#byAddress.delete(address);
  }

  #admits(wire: SocketWire): boolean {
    const { all, ofAddress } = this.#limits();
    if (this.#admitted >= all) return false;
    if (ofAddress === Number.POSITIVE_INFINITY) return true;
    const address = wire.remoteAddress;
    const others = this.#byAddress.get(address) ?? 0;
    if (others >= ofAddress) return false;
    this.#addressOf.set(wire, address);
    this.#byAddress.set(address, others + 1);
    return true;
  }
}
