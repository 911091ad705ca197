/** How many requests may be in flight. */
export interface ConcurrencyLimit {
  readonly limit: number;
  /** One answer: how long it took from its start, how many were in flight with it, and whether it was a sign of overload. */
  sample(rttMs: number, inFlight: number, isOverload: boolean): void;
}

export interface GradientOptions {
  readonly initial: number;
  readonly min: number;
  readonly max: number;
  /** Duration of one window of samples. */
  readonly windowMs: number;
  /** A service may be so much slower than at its best before the limit goes down; above 1. */
  readonly tolerance: number;
  /** How often the limit is lowered for a few windows, to see what the service's best is now. */
  readonly probeMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

const samplesMin = 10;
/** The weight of a new limit in the smoothed one. */
const smoothing = 0.5;
/** A probe continues while latency improves by more than this. */
const probeGain = 0.9;

/**
 * Finds the limit automatically, like Envoy's adaptive concurrency and Netflix's Gradient2: compares the current latency to the best one by
 * `limit * tolerance * best / present + sqrt(limit)`. A service that does not slow down gets a higher limit, one that begins to queue a
 * lower one. The best latency is the minimum since the last probe. A probe, with the first one at the start, halves the limit window by
 * window until latency no longer improves, so that the best latency is also found under lasting load.
 */
export class GradientLimit implements ConcurrencyLimit {
  readonly #options: GradientOptions;
  #limit: number;
  #bestMs = Number.POSITIVE_INFINITY;
  /** The limit to restore after a probe, and the latency of its last window; `null` outside of a probe. */
  #probe: { readonly from: number; readonly meanMs: number } | null;
  #nextProbeAt: number;
  #windowEnd: number;
  #count = 0;
  #sumMs = 0;
  #inFlightMax = 0;
  #overloads = 0;

  constructor(options: GradientOptions) {
    this.#options = options;
    this.#limit = options.initial;
    this.#probe = { from: options.initial, meanMs: Number.POSITIVE_INFINITY };
    const now = options.now();
    this.#windowEnd = now + options.windowMs;
    this.#nextProbeAt = now + options.probeMs;
  }

  get limit(): number {
    return Math.floor(this.#limit);
  }

  sample(rttMs: number, inFlight: number, isOverload: boolean): void {
    if (isOverload) this.#overloads += 1;
    else {
      this.#count += 1;
      this.#sumMs += rttMs;
    }
    this.#inFlightMax = Math.max(this.#inFlightMax, inFlight);
    const now = this.#options.now();
    if (now < this.#windowEnd || this.#count + this.#overloads < samplesMin) return;
    this.#endWindow(now);
  }

  #endWindow(now: number): void {
    const meanMs = this.#count === 0 ? null : this.#sumMs / this.#count;
    if (this.#probe === null && now >= this.#nextProbeAt && meanMs !== null)
      this.#probe = { from: this.#limit, meanMs: Number.POSITIVE_INFINITY };
    if (this.#probe === null) this.#adjust(meanMs);
    else this.#continueProbe(this.#probe, meanMs, now);
    this.#windowEnd = now + this.#options.windowMs;
    this.#count = 0;
    this.#sumMs = 0;
    this.#inFlightMax = 0;
    this.#overloads = 0;
  }

  #adjust(meanMs: number | null): void {
    if (this.#overloads > this.#count / 10) return this.#setLimit(this.#limit * 0.9);
    if (meanMs === null) return;
    this.#bestMs = Math.min(this.#bestMs, meanMs);
    const gradient = Math.max(0.5, Math.min(1, (this.#options.tolerance * this.#bestMs) / meanMs));
    const next = this.#limit * gradient + Math.sqrt(this.#limit);
    // Callers that do not use their limit prove nothing about a higher one.
    if (next > this.#limit && this.#inFlightMax < this.#limit / 2) return;
    this.#setLimit(this.#limit * (1 - smoothing) + next * smoothing);
  }

  #continueProbe(probe: { from: number; meanMs: number }, meanMs: number | null, now: number): void {
    const { min, probeMs } = this.#options;
    const isFaster = meanMs !== null && meanMs < probe.meanMs * probeGain;
    if (isFaster && this.#limit > min) {
      this.#probe = { from: probe.from, meanMs };
      return this.#setLimit(this.#limit / 2);
    }
    this.#probe = null;
    this.#nextProbeAt = now + probeMs;
    const bestMs = Math.min(probe.meanMs, meanMs ?? Number.POSITIVE_INFINITY);
    if (Number.isFinite(bestMs)) this.#bestMs = bestMs;
    this.#setLimit(probe.from);
  }

  #setLimit(limit: number): void {
    this.#limit = Math.min(this.#options.max, Math.max(this.#options.min, limit));
  }
}
