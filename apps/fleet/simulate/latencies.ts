/** Durations in milliseconds, and what they come to. */
export class Latencies {
  readonly #all: number[] = [];

  add(ms: number): void {
    this.#all.push(ms);
  }

  get count(): number {
    return this.#all.length;
  }

  /** `n 500  p50 1.2  p99 9.8  max 30.1 ms` */
  summary(): string {
    const sorted = this.#all.toSorted((a, b) => a - b);
    const at = (share: number): string =>
      (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);
    return `n ${sorted.length}  p50 ${at(0.5)}  p99 ${at(0.99)}  max ${at(1)} ms`;
  }
}
