/**
 * A moving average of latencies that rises to a peak at once and decays exponentially by time, not by count, so that a rarely used
 * target recovers as fast as a busy one. (Finagle's `PeakEwma`, except that a request without an answer ends the decay so far: a target
 * that hangs would be tried with more and more of them.)
 */
export class PeakEwma {
  readonly #decayMs: number;
  #value = 0;
  #at = 0;
  #sentAt = 0;

  /** @param decayMs after which 37 % (1/e) of a value is left. */
  constructor(decayMs: number) {
    this.#decayMs = decayMs;
  }

  /** A request was sent: until an answer is observed, the whole value counts again and decays from now on. */
  sent(nowMs: number): void {
    this.#sentAt = nowMs;
  }

  observe(sampleMs: number, nowMs: number): void {
    const left = this.#leftOf(this.#at, nowMs);
    const kept = this.#value * left;
    this.#value = sampleMs >= kept ? sampleMs : kept + sampleMs * (1 - left);
    this.#at = nowMs;
  }

  /** Milliseconds; 0 if unknown or outdated. */
  valueAt(nowMs: number): number {
    if (this.#value === 0) return 0;
    return this.#value * this.#leftOf(Math.max(this.#at, this.#sentAt), nowMs);
  }

  #leftOf(sinceMs: number, nowMs: number): number {
    return Math.exp(-(nowMs - sinceMs) / this.#decayMs);
  }
}
