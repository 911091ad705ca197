import type { RateDecision, RateLimiter } from "./rate-limiter.ts";
import type { Rate } from "./rate.ts";

/** What to do while the store fails: refuse, allow, or limit within this process. */
export type OnStoreError = "deny" | "allow" | "local";

export interface GuardedLimiterOptions {
  /** A limiter whose store may fail. */
  readonly source: RateLimiter;
  readonly onStoreError: OnStoreError;
  /** Used in mode `local`. */
  readonly local: RateLimiter;
  /** Bound on waiting for the store; a slower answer is a failure. */
  readonly timeoutMs: number;
  /** How long the store is not asked after a failure, so that an outage does not delay every request. */
  readonly pauseMs: number;
  readonly monotonicNow: () => number;
  /** Called once per failure, for log and metric. */
  readonly onError: (error: unknown) => void;
  /** Called for each decision made without the store, for the metric. */
  readonly onFallback: (mode: OnStoreError) => void;
}

/**
 * Adds the configured behavior for an unavailable store to a limiter. Waits no longer than its timeout, and never rejects except in
 * `reset`, whose caller must know whether it worked.
 */
export class GuardedLimiter implements RateLimiter {
  readonly rates: readonly Rate[];
  readonly #options: GuardedLimiterOptions;
  #pausedUntil = Number.NEGATIVE_INFINITY;

  constructor(options: GuardedLimiterOptions) {
    this.#options = options;
    this.rates = options.source.rates;
  }

  take(key: string, cost: number, weight = 1): RateDecision | Promise<RateDecision> {
    if (this.#isPaused())
      return this.#options.source.takeHeld?.(key, cost, weight) ?? this.#fallBack(key, cost, weight);
    const asked = this.#options.source.take(key, cost, weight);
    if (!(asked instanceof Promise)) return asked;
    return this.#within(asked).catch((error: unknown) => {
      this.#fail(error);
      return this.#fallBack(key, cost, weight);
    });
  }

  async charge(key: string, cost: number, weight = 1): Promise<void> {
    await this.#options.local.charge(key, cost, weight);
    if (this.#isPaused()) return;
    await this.#attempt(async () => this.#options.source.charge(key, cost, weight));
  }

  async reset(key: string): Promise<void> {
    await this.#options.local.reset(key);
    await this.#within((async () => this.#options.source.reset(key))());
  }

  async close(): Promise<void> {
    await this.#attempt(async () => this.#options.source.close());
    await this.#options.local.close();
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await this.#within(work());
    } catch (error) {
      this.#fail(error);
    }
  }

  #isPaused(): boolean {
    return this.#options.monotonicNow() < this.#pausedUntil;
  }

  #fail(error: unknown): void {
    this.#pausedUntil = this.#options.monotonicNow() + this.#options.pauseMs;
    this.#options.onError(error);
  }

  #fallBack(key: string, cost: number, weight: number): RateDecision | Promise<RateDecision> {
    const { onStoreError, pauseMs } = this.#options;
    this.#options.onFallback(onStoreError);
    if (onStoreError === "local") return this.#options.local.take(key, cost, weight);
    if (onStoreError === "allow") return { allowed: true, retryAfterMs: 0, states: [] };
    return { allowed: false, retryAfterMs: pauseMs, states: [], storeIsAway: true };
  }

  #within<T>(work: Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`the store did not answer within ${this.#options.timeoutMs} ms`)),
      this.#options.timeoutMs,
    );
    return Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
  }
}
