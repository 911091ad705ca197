export interface BucketRate {
  readonly perSec: number;
  readonly burst: number;
}

/** A classic token bucket in two numbers, for the messages of one connection. Starts full. */
export class TokenBucket {
  #tokens: number;
  #at: number;

  constructor(rate: BucketRate, nowMs: number) {
    this.#tokens = rate.burst;
    this.#at = nowMs;
  }

  /** 0 where a token was taken, else the milliseconds until one is available. */
  take(rate: BucketRate, nowMs: number): number {
    const refill = ((nowMs - this.#at) * rate.perSec) / 1000;
    this.#at = nowMs;
    this.#tokens = Math.min(rate.burst, this.#tokens + Math.max(0, refill));
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 0;
    }
    // rounding errors must not turn a whole number of milliseconds into the next one
    return Math.max(1, Math.ceil(((1 - this.#tokens) * 1000) / rate.perSec - 1e-6));
  }
}
