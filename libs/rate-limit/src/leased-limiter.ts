import type { Rate } from "./rate.ts";
import type { RateDecision, RateLimiter, RateState } from "./rate-limiter.ts";

export interface LeasedLimiterOptions {
  /** The limiter that budget is leased from, such as a `RedisLimiter`. */
  readonly source: RateLimiter;
  /** The part of the smallest burst that a lease holds, above 0 and at most 1. */
  readonly share: number;
  /** A lease unused for this long is returned; a refusal is cached for at most this long. */
  readonly leaseMs: number;
  /** Bound on leased keys; requests for others ask the source. */
  readonly keysMax: number;
  readonly monotonicNow: () => number;
  /** Receives failures of background refills and returns. */
  readonly onError: (error: unknown) => void;
}

/** A lease in use is refilled at least once in this many lease times, however much of it is left. */
const refreshLeases = 5;

interface Lease {
  readonly key: string;
  /** Of the key's last request: scales what the source tells of the budget. */
  weight: number;
  /** Units held, already taken at the source; at most one slice. */
  units: number;
  /** When it is returned, unless used before. */
  expiresAt: number;
  /** After this time the next request refills it in the background, which bounds the age of the reported budget. */
  refreshAt: number;
  states: readonly RateState[];
  refill: Promise<void> | null;
  /** Until this time the source has less than a slice left, and requests ask it individually. */
  scarceUntil: number;
  /** The source's last refusal, repeated until the answer can change. */
  refusal: { readonly until: number; readonly units: number; readonly decision: RateDecision } | null;
}

/**
 * Spends a slice of the budget locally, so that most requests need not ask the source. A slice is taken from the source before it is
 * spent, so nothing is spent twice. The bound: over any period, all instances together allow at most what the source allows plus one
 * slice per instance (leased before the period, spent within it). Unspent leases, at most one slice per instance, are returned after
 * `leaseMs` without use.
 */
export class LeasedLimiter implements RateLimiter {
  readonly rates: readonly Rate[];
  /** Units per lease: the bound on one instance's excess. */
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
    lease.weight = weight;
    if (lease.units >= units) return this.#spend(lease, units, now);
    const { refusal } = lease;
    if (refusal !== null && refusal.until > now && units >= refusal.units) return refusal.decision;
    return this.#takeAfterRefill(lease, units);
  }

  /** Takes from the lease without refilling it, for as long as the source is unavailable. */
  takeHeld(key: string, cost: number, weight = 1): RateDecision | null {
    const units = cost / weight;
    const lease = this.#leases.get(key);
    if (lease === undefined || units <= 0 || lease.units < units) return null;
    lease.units -= units;
    return { allowed: true, retryAfterMs: 0, states: lease.states };
  }

  /** Puts back into the lease what fits into it, which spares the source a call. */
  charge(key: string, cost: number, weight = 1): void | Promise<void> {
    const lease = this.#leases.get(key);
    const held = (lease?.units ?? 0) - cost / weight;
    if (lease !== undefined && cost < 0 && held <= this.sliceUnits) {
      lease.units = held;
      return undefined;
    }
    return this.#options.source.charge(key, cost, weight);
  }

  reset(key: string): void | Promise<void> {
    this.#leases.delete(key);
    return this.#options.source.reset(key);
  }

  async close(): Promise<void> {
    const leases = [...this.#leases.values()];
    this.#leases.clear();
    await Promise.all(
      leases.map(async (lease) => {
        // it gives back by itself what it is still given
        await lease.refill?.catch(this.#options.onError);
        await this.#giveBack(lease);
      }),
    );
    await this.#options.source.close();
  }

  #spend(lease: Lease, units: number, now: number): RateDecision {
    lease.units -= units;
    lease.expiresAt = now + this.#options.leaseMs;
    const isDue = lease.units < this.sliceUnits / 2 || now >= lease.refreshAt;
    if (isDue && lease.refill === null && now >= lease.scarceUntil) {
      void this.#refill(lease).catch(this.#options.onError);
    }
    return { allowed: true, retryAfterMs: 0, states: lease.states };
  }

  #takeFirst(key: string, cost: number, weight: number): RateDecision | Promise<RateDecision> {
    if (this.#leases.size >= this.#options.keysMax) return this.#options.source.take(key, cost, weight);
    const lease: Lease = {
      key,
      weight,
      units: 0,
      expiresAt: 0,
      refreshAt: 0,
      states: [],
      refill: null,
      scarceUntil: 0,
      refusal: null,
    };
    this.#leases.set(key, lease);
    return this.#takeAfterRefill(lease, cost / weight);
  }

  async #takeAfterRefill(lease: Lease, units: number): Promise<RateDecision> {
    const { key, weight } = lease;
    if (this.#options.monotonicNow() >= lease.scarceUntil) {
      await (lease.refill ?? this.#refill(lease));
      if (lease.units >= units) return this.#spend(lease, units, this.#options.monotonicNow());
    }
    const decision = await this.#options.source.take(key, units * weight, weight);
    if (!decision.allowed) {
      const until = this.#options.monotonicNow() + Math.min(decision.retryAfterMs, this.#options.leaseMs);
      lease.refusal = { until, units, decision };
    }
    return decision;
  }

  #refill(lease: Lease): Promise<void> {
    lease.refill = this.#fetchSlice(lease).finally(() => {
      lease.refill = null;
    });
    return lease.refill;
  }

  async #fetchSlice(lease: Lease): Promise<void> {
    const { key, weight } = lease;
    const wanted = this.sliceUnits - lease.units;
    lease.refreshAt = this.#options.monotonicNow() + refreshLeases * this.#options.leaseMs;
    const decision = await this.#options.source.take(key, wanted * weight, weight);
    const now = this.#options.monotonicNow();
    lease.states = decision.states;
    if (!decision.allowed) {
      lease.scarceUntil = now + Math.min(decision.retryAfterMs, this.#options.leaseMs);
    } else if (this.#leases.get(key) === lease) {
      lease.units += wanted;
      lease.expiresAt = now + this.#options.leaseMs;
    } else {
      // the bucket was reset, or the limiter closed, while the source answered
      await this.#options.source.charge(key, -wanted);
    }
  }

  #sweep(now: number): void {
    this.#sweptAt = now;
    for (const [key, lease] of this.#leases) {
      if (lease.expiresAt > now || lease.refill !== null) continue;
      this.#leases.delete(key);
      void this.#giveBack(lease).catch(this.#options.onError);
    }
  }

  async #giveBack(lease: Lease): Promise<void> {
    const { key, units } = lease;
    lease.units = 0;
    if (units > 0) await this.#options.source.charge(key, -units);
  }
}
