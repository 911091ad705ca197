import type { Rate } from "./rate.ts";

/** The state of one rate for a key. */
export interface RateState {
  readonly rate: Rate;
  /** Whole units available now. */
  readonly remaining: number;
  /** Milliseconds until the bucket is full again. */
  readonly resetMs: number;
}

export interface RateDecision {
  readonly allowed: boolean;
  /** Milliseconds until the same request could pass; 0 where it did, `Infinity` where its cost exceeds a burst. */
  readonly retryAfterMs: number;
  /** One per rate, in the limiter's order. */
  readonly states: readonly RateState[];
  /** Set where the store was unavailable: the refusal says nothing about the caller. */
  readonly storeIsAway?: true;
}

/**
 * Buckets by key, each with all rates of the limiter. A request takes its cost from every rate or from none. Keys come from the caller,
 * and MUST NOT contain secrets.
 */
export interface RateLimiter {
  readonly rates: readonly Rate[];
  /**
   * @param cost units, 0 or more; 0 only inspects
   * @param weight scales the key's limits: 2 allows twice as much
   */
  take(key: string, cost: number, weight?: number): RateDecision | Promise<RateDecision>;
  /** Takes only from what this process has leased; `null` where that is not enough. */
  takeHeld?(key: string, cost: number, weight?: number): RateDecision | null;
  /**
   * Charges a finished request's actual cost, even below zero: later requests then wait. Bounded by two bursts. A negative cost gives
   * back what was taken.
   */
  charge(key: string, cost: number, weight?: number): void | Promise<void>;
  /** Makes the bucket full. */
  reset(key: string): void | Promise<void>;
  /** Gives back what was reserved and stops timers. Idempotent. */
  close(): Promise<void>;
}
