import { clampArrival, takeFrom } from "./gcra.ts";
import { type CompiledRate, compileRates, type Rate } from "./rate.ts";
import type { RateDecision, RateLimiter } from "./rate-limiter.ts";

export interface InProcessLimiterOptions {
  readonly rates: readonly Rate[];
  /** Bound on stored buckets, at least 2. Beyond it the half that was not used recently is dropped, which resets those to full. */
  readonly keysMax: number;
  /** A monotonic clock in milliseconds, such as `performance.now()`. */
  readonly monotonicNow: () => number;
  readonly onEvicted?: (buckets: number) => void;
}

/**
 * Exact limits in one process. Two generations of buckets, swapped once per longest burst: a bucket untouched for that long is full
 * again, so its generation can be dropped without losing anything, and no sweep is needed.
 */
export class InProcessLimiter implements RateLimiter {
  readonly rates: readonly Rate[];
  readonly #compiled: readonly CompiledRate[];
  readonly #keysMax: number;
  readonly #monotonicNow: () => number;
  readonly #onEvicted: InProcessLimiterOptions["onEvicted"];
  readonly #generationMs: number;
  #young = new Map<string, Float64Array>();
  #old = new Map<string, Float64Array>();
  #swappedAt: number;

  constructor(options: InProcessLimiterOptions) {
    this.rates = options.rates;
    this.#keysMax = options.keysMax;
    this.#monotonicNow = options.monotonicNow;
    this.#onEvicted = options.onEvicted;
    this.#compiled = compileRates(options.rates);
    this.#generationMs = 2 * Math.max(...this.#compiled.map((rate) => rate.toleranceMs));
    this.#swappedAt = options.monotonicNow();
  }

  take(key: string, cost: number, weight = 1): RateDecision {
    const now = this.#monotonicNow();
    return takeFrom(this.#bucket(key, now), this.#compiled, { now, cost, weight });
  }

  charge(key: string, cost: number, weight = 1): void {
    const now = this.#monotonicNow();
    const bucket = this.#bucket(key, now);
    for (const [index, rate] of this.#compiled.entries()) {
      const arrival = clampArrival(bucket[index] ?? now, now, rate) + (cost / weight) * rate.intervalMs;
      bucket[index] = clampArrival(arrival, now, rate);
    }
  }

  reset(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  async close(): Promise<void> {
    this.#young.clear();
    this.#old.clear();
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  #bucket(key: string, now: number): Float64Array {
    if (now - this.#swappedAt >= this.#generationMs) this.#swap(now);
    const known = this.#young.get(key);
    if (known !== undefined) return known;
    if (this.#young.size >= this.#keysMax / 2) {
      this.#onEvicted?.(this.#old.size);
      this.#swap(now);
    }
    const bucket = this.#old.get(key) ?? new Float64Array(this.#compiled.length).fill(now);
    this.#old.delete(key);
    this.#young.set(key, bucket);
    return bucket;
  }

  #swap(now: number): void {
    this.#old = this.#young;
    this.#young = new Map();
    this.#swappedAt = now;
  }
}
