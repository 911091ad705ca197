import type { Rate } from "./rate.ts";
import type { RateDecision, RateLimiter, RateState } from "./rate-limiter.ts";

export interface LeasedLimiterOptions {
  /** Where budget is leased from, such as a `RedisLimiter`. */
  readonly source: RateLimiter;
  /** Part of the smallest burst that one lease holds, above 0 and at most 1. */
  readonly share: number;
  /** After so long without use a lease is given back; after so long a refusal is asked for again. */
  readonly leaseMs: number;
  /** Keys with a lease at most; beyond it a request asks the source. */
  readonly keysMax: number;
  readonly monotonicNow: () => number;
  /** A refill or a return that failed behind the requests' back. */
  readonly onError: (error: unknown) => void;
}

/** A lease in use is filled up at least once in so many times of a lease, whatever is left of it. */
const refreshLeases = 5;

interface Lease {
  /** Units in hand, already taken at the source. Never above one slice. */
  units: number;
  /** Given back then, unless it is used before. */
  expiresAt: number;
  /** Filled up behind the next request after this, so that what is told of the budget is never much older. */
  refreshAt: number;
  states: readonly RateState[];
  refill: Promise<void> | null;
  /** The source has less than a slice left: until then single requests ask it. */
  scarceUntil: number;
  /** The source's last refusal, repeated here until it may have changed. */
  refusal: { readonly until: number; readonly units: number; readonly decision: RateDecision } | null;
}

/**
 * Spends a slice of the budget locally, so that the common request asks the source nothing. A slice is taken at the source
 * before it is spent, so nothing is spent twice. The bound: in any span of time, all instances together allow at most what
 * the source allows in it plus one slice an instance (leased before the span, spent within it). What is leased and not
 * spent, at most one slice an instance, is given back once nobody has used it for `leaseMs`.
 */
export class LeasedLimiter implements RateLimiter {
  readonly rates: readonly Rate[];
  /** Units a lease holds: the overshoot bound of one instance. */
  readonly sliceUnits: number;
  readonly #options: LeasedLimiterOptions;
  readonly #leases = new Map<string, Lease>();
  #sweptAt: number;

  constructor(options: LeasedLimiterOptions) {
    this.#options = options;
    this.rates = options.source.rates;
    const smallestBurst = Math.min(...this.rates.map((rate) => rate.burst ?? rate.limit));
    this.sliceUnits = Math.max(1, Math.floor(smallestBurst * options.share));
    this.#sweptAt = options.monotonicNow();
  }

  take(key: string, cost: number, weight = 1): RateDecision | Promise<RateDecision> {
    const now = this.#options.monotonicNow();
    if (now - this.#sweptAt >= this.#options.leaseMs) this.#sweep(now);
    const units = cost / weight;
    const lease = this.#leases.get(key);
    if (units <= 0 || units > this.sliceUnits) return this.#options.source.take(key, cost, weight);
    if (lease === undefined) return this.#takeFirst(key, cost, weight);
    if (lease.units >= units) return this.#spend(key, lease, units, now);
    const { refusal } = lease;
    if (refusal !== null && refusal.until > now && units >= refusal.units) return refusal.decision;
    return this.#takeAfterRefill(key, lease, cost, weight);
  }

  /** Without a refill: for as long as the source is away. */
  takeHeld(key: string, cost: number, weight = 1): RateDecision | null {
    const units = cost / weight;
    const lease = this.#leases.get(key);
    if (lease === undefined || units <= 0 || lease.units < units) return null;
    lease.units -= units;
    return { allowed: true, retryAfterMs: 0, states: lease.states };
  }

  charge(key: string, cost: number, weight = 1): void | Promise<void> {
    return this.#options.source.charge(key, cost, weight);
  }

  reset(key: string): void | Promise<void> {
    this.#leases.delete(key);
    return this.#options.source.reset(key);
  }

  async close(): Promise<void> {
    const leases = [...this.#leases];
    this.#leases.clear();
    await Promise.all(leases.map(async ([key, lease]) => this.#giveBack(key, lease)));
    await this.#options.source.close();
  }

  #spend(key: string, lease: Lease, units: number, now: number): RateDecision {
    lease.units -= units;
    lease.expiresAt = now + this.#options.leaseMs;
    const isDue = lease.units < this.sliceUnits / 2 || now >= lease.refreshAt;
    if (isDue && lease.refill === null && now >= lease.scarceUntil) {
      void this.#refill(key, lease).catch(this.#options.onError);
    }
    return { allowed: true, retryAfterMs: 0, states: lease.states };
  }

  #takeFirst(key: string, cost: number, weight: number): RateDecision | Promise<RateDecision> {
    if (this.#leases.size >= this.#options.keysMax) return this.#options.source.take(key, cost, weight);
    const lease: Lease = {
      units: 0,
      expiresAt: 0,
      refreshAt: 0,
      states: [],
      refill: null,
      scarceUntil: 0,
      refusal: null,
    };
    this.#leases.set(key, lease);
    return this.#takeAfterRefill(key, lease, cost, weight);
  }

  async #takeAfterRefill(key: string, lease: Lease, cost: number, weight: number): Promise<RateDecision> {
    const units = cost / weight;
    if (this.#options.monotonicNow() >= lease.scarceUntil) {
      await (lease.refill ?? this.#refill(key, lease));
      if (lease.units >= units) return this.#spend(key, lease, units, this.#options.monotonicNow());
    }
    const decision = await this.#options.source.take(key, cost, weight);
    if (!decision.allowed) {
      const until = this.#options.monotonicNow() + Math.min(decision.retryAfterMs, this.#options.leaseMs);
      lease.refusal = { until, units, decision };
    }
    return decision;
  }

  #refill(key: string, lease: Lease): Promise<void> {
    lease.refill = this.#fetchSlice(key, lease).finally(() => {
      lease.refill = null;
    });
    return lease.refill;
  }

  async #fetchSlice(key: string, lease: Lease): Promise<void> {
    const wanted = this.sliceUnits - lease.units;
    lease.refreshAt = this.#options.monotonicNow() + refreshLeases * this.#options.leaseMs;
    const decision = await this.#options.source.take(key, wanted);
    const now = this.#options.monotonicNow();
    lease.states = decision.states;
    if (decision.allowed) {
      lease.units += wanted;
      lease.expiresAt = now + this.#options.leaseMs;
    } else {
      lease.scarceUntil = now + Math.min(decision.retryAfterMs, this.#options.leaseMs);
    }
  }

  #sweep(now: number): void {
    this.#sweptAt = now;
    for (const [key, lease] of this.#leases) {
      if (lease.expiresAt > now || lease.refill !== null) continue;
      this.#leases.delete(key);
      void this.#giveBack(key, lease).catch(this.#options.onError);
    }
  }

  async #giveBack(key: string, lease: Lease): Promise<void> {
    const { units } = lease;
    lease.units = 0;
    if (units > 0) await this.#options.source.charge(key, -units);
  }
}
