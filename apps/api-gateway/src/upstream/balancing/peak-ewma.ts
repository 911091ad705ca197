/**
 * A moving average of latencies that rises to a peak at once and decays exponentially by time, not by count, so that a rarely used
 * target recovers as fast as a busy one. (Finagle's `PeakEwma`.)
 */
export class PeakEwma {
  readonly #decayMs: number;
  #value = 0;
  #at = 0;

  /** @param decayMs after which 37 % (1/e) of a value is left. */
  constructor(decayMs: number) {
    this.#decayMs = decayMs;
  }

  observe(sampleMs: number, nowMs: number): void {
    const kept = this.valueAt(nowMs);
    if (sampleMs >= kept) this.#value = sampleMs;
    else {
      const weight = Math.exp(-(nowMs - this.#at) / this.#decayMs);
      this.#value = this.#value * weight + sampleMs * (1 - weight);
    }
    this.#at = nowMs;
  }

  /** Milliseconds; 0 if unknown or outdated. */
  valueAt(nowMs: number): number {
    if (this.#value === 0) return 0;
    return this.#value * Math.exp(-(nowMs - this.#at) / this.#decayMs);
  }
}
