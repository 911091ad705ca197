import { CartwayError } from "@libs/errors";

export interface ConnectionGateOptions {
  /** Named in the log, never to a caller. */
  readonly store: string;
  readonly backoff?: { readonly baseMs: number; readonly maxMs: number };
  readonly now?: () => number;
  readonly random?: () => number;
}

/**
 * Lets calls through to a server while it answers. After a lost connection, calls fail at once until the backoff has
 * passed; then one call tries again, and the others go on failing until it succeeded: a server that comes back is not
 * stormed, and nobody waits for one that is away.
 */
export class ConnectionGate {
  readonly #store: string;
  readonly #backoff: { readonly baseMs: number; readonly maxMs: number };
  readonly #now: () => number;
  readonly #random: () => number;
  #failures = 0;
  #closedUntil = 0;
  /** How often it was closed: what began before the last time and is lost too says nothing new. */
  #closings = 0;
  #probing = false;

  constructor({
    store,
    backoff = { baseMs: 100, maxMs: 5000 },
    now = () => performance.now(),
    random = Math.random,
  }: ConnectionGateOptions) {
    this.#store = store;
    this.#backoff = backoff;
    this.#now = now;
    this.#random = random;
  }

  /**
   * Runs a call that rejects with `LostConnection` where the server could not be reached. Rejects with
   * `CartwayError("store_unavailable")` for that, and with whatever the call rejected with otherwise.
   */
  async run<T>(call: () => Promise<T>): Promise<T> {
    const wasOpen = this.#failures === 0;
    const closings = this.#closings;
    if (!wasOpen) {
      if (this.#probing || this.#now() < this.#closedUntil) throw this.#unavailable(undefined);
      this.#probing = true;
    }
    try {
      const result = await call();
      this.#failures = 0;
      return result;
    } catch (thrown) {
      if (!(thrown instanceof LostConnection)) {
        this.#failures = 0;
        throw thrown;
      }
      if (closings === this.#closings) this.#close();
      throw this.#unavailable(thrown.cause);
    } finally {
      if (!wasOpen) this.#probing = false;
    }
  }

  #close(): void {
    const ceiling = Math.min(this.#backoff.maxMs, this.#backoff.baseMs * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 30);
    this.#closings += 1;
    this.#closedUntil = this.#now() + ceiling * (0.5 + this.#random() / 2);
  }

  #unavailable(cause: unknown): CartwayError {
    const waitMs = Math.max(0, this.#closedUntil - this.#now());
    return new CartwayError("store_unavailable", {
      internal: `${this.#store} cannot be reached`,
      retryAfterSeconds: waitMs / 1000,
      cause,
    });
  }
}

/** Says that a call failed for want of its server, whatever the driver called it. */
export class LostConnection extends Error {
  override readonly name = "LostConnection";

  constructor(cause: unknown) {
    super("the connection was lost", { cause });
  }
}
