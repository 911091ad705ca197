/** Every latency of a run in milliseconds, exact: a run of a few hundred thousand fits easily. */
export class Latencies {
  #values = new Float64Array(1 << 16);
  #count = 0;

  add(valueMs: number): void {
    if (this.#count === this.#values.length) {
      const grown = new Float64Array(this.#values.length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#count++] = valueMs;
  }

  /** Nearest-rank percentile, `NaN` where nothing was added. */
  percentile(share: number): number {
    const sorted = this.#values.slice(0, this.#count).toSorted();
    return sorted[Math.max(0, Math.ceil(share * this.#count) - 1)] ?? Number.NaN;
  }
}
