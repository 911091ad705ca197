/** Exact durations in milliseconds: all samples are kept, because a few hundred thousand fit easily. */
export class Latencies {
  #values = new Float64Array(1 << 12);
  #count = 0;

  add(ms: number): void {
    if (this.#count === this.#values.length) {
      const grown = new Float64Array(this.#values.length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#count++] = ms;
  }

  get count(): number {
    return this.#count;
  }

  /** Nearest-rank percentile, for a share from 0 to 1; `NaN` without samples. */
  percentile(share: number): number {
    return nearestRank(this.#sorted(), share);
  }

  /** `n 500  p50 1.2  p99 9.8  p99.9 20.4  max 30.1 ms` */
  summary(): string {
    const sorted = this.#sorted();
    const at = (share: number): string => nearestRank(sorted, share).toFixed(1);
    return `n ${this.#count}  p50 ${at(0.5)}  p99 ${at(0.99)}  p99.9 ${at(0.999)}  max ${at(1)} ms`;
  }

  #sorted(): Float64Array {
    return this.#values.slice(0, this.#count).toSorted();
  }
}

function nearestRank(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
