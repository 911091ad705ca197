import type { RateDecision, RateLimiter } from "./rate-limiter.ts";
import type { Rate } from "./rate.ts";

/** What a limiter answers while its store does not: refuse all, let all pass, or limit within this process. */
export type OnStoreError = "deny" | "allow" | "local";

export interface GuardedLimiterOptions {
  /** The limiter whose store may fail. */
  readonly source: RateLimiter;
  readonly onStoreError: OnStoreError;
  /** Serves in the mode `local`. */
  readonly local: RateLimiter;
  /** Longest wait for the store; it then counts as failed. */
  readonly timeoutMs: number;
  /** After a failure the store is left alone for this time, so that an outage costs each request nothing. */
  readonly pauseMs: number;
  readonly monotonicNow: () => number;
  /** Once a failure, for log and metric. */
  readonly onError: (error: unknown) => void;
  /** Once a decision that was made without the store, for the metric. */
  readonly onFallback: (mode: OnStoreError) => void;
}

/**
 * Puts the stated behaviour around a limiter whose store can be away. It never waits beyond its timeout, and never rejects but in
 * `reset`: who asks for that wants to know whether it was done.
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
