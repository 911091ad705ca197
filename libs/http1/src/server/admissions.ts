/** Bounds on open connections, upgraded ones included. */
export interface ConnectionLimits {
  readonly all: number;
  /** Per client address. Behind a load balancer all clients share its address. */
  readonly ofAddress: number;
}

const noLimits: ConnectionLimits = { all: Number.POSITIVE_INFINITY, ofAddress: Number.POSITIVE_INFINITY };

/** How many excess connections are answered 503 at a time; further ones are cut without an answer. */
const toldMax = 1000;

/** The decision on a new connection: it is served, answered 503 to its first request, or cut. */
export type Admission = "served" | "told" | "cut";

/**
 * Counts the connections of a listener. Those above the limits get a 503 for their first request and are closed; left unaccepted, they
 * would wait in the kernel's queue indefinitely.
 */
export class Admissions<Socket extends { readonly remoteAddress?: string | undefined }> {
  readonly #limits: () => ConnectionLimits;
  #admitted = 0;
  readonly #told = new Set<Socket>();
  /** Only of connections opened while a limit per address was set. */
  readonly #addressOf = new Map<Socket, string>();
  readonly #byAddress = new Map<string, number>();

  /** @param limits returns the current limits; unlimited where absent. */
  constructor(limits: () => ConnectionLimits = () => noLimits) {
    this.#limits = limits;
  }

  /** MUST be called once per connection, and `left` once when it ends. */
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
