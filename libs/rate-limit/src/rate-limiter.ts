import type { Rate } from "./rate.ts";

/** What one rate of a limiter has left for a key. */
export interface RateState {
  readonly rate: Rate;
  /** Whole units that could be taken now. */
  readonly remaining: number;
  /** Until the bucket is full again. */
  readonly resetMs: number;
}

export interface RateDecision {
  readonly allowed: boolean;
  /** Until the same request could pass, 0 where it did, `Infinity` where its cost is above a burst and it never can. */
  readonly retryAfterMs: number;
  /** One a rate, in the order of the limiter's rates. */
  readonly states: readonly RateState[];
  /** Set where nobody could look: it is refused for want of the store, and says nothing about the caller. */
  readonly storeIsAway?: true;
}

/**
 * Buckets by key, each with all rates of the limiter. A request takes its cost from every rate or, where one has not
 * enough, from none. Keys are made by the caller, who MUST NOT put secrets into them.
 */
export interface RateLimiter {
  readonly rates: readonly Rate[];
  /**
   * @param cost units, 0 or more; 0 only looks
   * @param weight a key's share compared with the rate's own: 2 allows twice as much
   */
  take(key: string, cost: number, weight?: number): RateDecision | Promise<RateDecision>;
  /** Takes from what this process holds already, asking nobody; `null` where it holds too little or nothing. */
  takeHeld?(key: string, cost: number, weight?: number): RateDecision | null;
  /** Takes what a finished request turned out to cost, below zero too: the next ones then wait. Bounded by two bursts. */
  charge(key: string, cost: number, weight?: number): void | Promise<void>;
  /** Makes the bucket full. */
  reset(key: string): void | Promise<void>;
  /** Gives back what was reserved and stops timers. Idempotent. */
  close(): Promise<void>;
}
