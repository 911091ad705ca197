/** How many connections may be open at a time, those that were taken over among them. */
export interface ConnectionLimits {
  readonly all: number;
  /** Of one address. Behind a load balancer all clients have its address. */
  readonly ofAddress: number;
}

const noLimits: ConnectionLimits = { all: Number.POSITIVE_INFINITY, ofAddress: Number.POSITIVE_INFINITY };

/** Connections that are being told that there are too many. Whoever comes beyond them is cut without a word. */
const toldMax = 1000;

/** What becomes of a connection: it is served, is told with its first request that there are too many, or is cut. */
export type Admission = "served" | "told" | "cut";

/**
 * Counts the connections of a listener. Those above its limits are answered 503 as soon as they ask for something, and end: not taken
 * at all, they would wait in the queue of the system for nobody knows how long.
 */
export class Admissions<Socket extends { readonly remoteAddress?: string | undefined }> {
  readonly #limits: () => ConnectionLimits;
  #admitted = 0;
  readonly #told = new Set<Socket>();
  /** Of those that were opened while there was a limit of an address. */
  readonly #addressOf = new Map<Socket, string>();
  readonly #byAddress = new Map<string, number>();

  /** @param limits as they are at the moment; none where absent. */
  constructor(limits: () => ConnectionLimits = () => noLimits) {
    this.#limits = limits;
  }

  /** Each connection MUST be told of once, and `left` with its end, once. */
  opened(socket: Socket): Admission {
    if (this.#admits(socket)) {
      this.#admitted += 1;
      return "served";
    }
    this.#told.add(socket);
    return this.#told.size > toldMax ? "cut" : "told";
  }

  left(socket: Socket): void {
    if (this.#told.delete(socket)) return;
    this.#admitted -= 1;
    const address = this.#addressOf.get(socket);
    if (address === undefined) return;
    this.#addressOf.delete(socket);
    const others = (this.#byAddress.get(address) ?? 1) - 1;
    if (others > 0) this.#byAddress.set(address, others);
    else this.#byAddress.delete(address);
  }

  #admits(socket: Socket): boolean {
    const { all, ofAddress } = this.#limits();
    if (this.#admitted >= all) return false;
    if (ofAddress === Number.POSITIVE_INFINITY) return true;
    const address = socket.remoteAddress ?? "";
    const others = this.#byAddress.get(address) ?? 0;
    if (others >= ofAddress) return false;
    this.#addressOf.set(socket, address);
    this.#byAddress.set(address, others + 1);
    return true;
  }
}
