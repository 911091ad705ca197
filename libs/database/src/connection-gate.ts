import { CartwayError } from "@libs/errors";

export interface ConnectionGateOptions {
  /** Used in log lines; never shown to callers. */
  readonly store: string;
  readonly backoff?: { readonly baseMs: number; readonly maxMs: number };
  readonly now?: () => number;
  readonly random?: () => number;
}

/**
 * A circuit breaker for a server's connection. After a connection is lost, calls fail at once until the backoff has passed; then one call
 * tries, and the others keep failing until it succeeds: a recovering server is not flooded, and no caller waits for an unreachable one.
 */
export class ConnectionGate {
  readonly #store: string;
  readonly #backoff: { readonly baseMs: number; readonly maxMs: number };
  readonly #now: () => number;
  readonly #random: () => number;
  #failures = 0;
  #closedUntil = 0;
  /** How often the gate closed. The failure of a call that began before the last closing is old news. */
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
   * Runs a call that rejects with `LostConnection` where the server is unreachable. Rejects with `CartwayError("store_unavailable")` for
   * that, and with the call's own error otherwise.
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

/** The call failed because its server is unreachable, whatever error the driver raised. */
export class LostConnection extends Error {
  override readonly name = "LostConnection";

  constructor(cause: unknown) {
    super("the connection was lost", { cause });
  }
}
