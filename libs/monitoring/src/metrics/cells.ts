import type { Counter, Gauge, Histogram } from "./metrics.ts";
import type { Series } from "./render-metrics.ts";
import { lineStart } from "./label-text.ts";
import type { TextLines } from "./text-lines.ts";

/*
 * The series of metrics. An observation changes a few fields, in a few nanoseconds. What stands before the values in the rendering is
 * encoded on the first one, and kept.
 */

export interface CellOptions {
  readonly name: string;
  /** As rendered; `""` for none. */
  readonly labels: string;
  /** Whether it is rendered before anything was observed. */
  readonly showsZero: boolean;
}

/** A series of one line. */
class ValueCell implements Series {
  readonly #options: CellOptions;
  #start: Uint8Array | null = null;
  #value = 0;
  #isShown: boolean;

  constructor(options: CellOptions) {
    this.#options = options;
    this.#isShown = options.showsZero;
  }

  protected add(by: number): void {
    this.#value += by;
    this.#isShown = true;
  }

  protected replace(value: number): void {
    this.#value = value;
    this.#isShown = true;
  }

  write(lines: TextLines): void {
    if (!this.#isShown) return;
    const { name, labels } = this.#options;
    lines.add((this.#start ??= lineStart(name, labels)), this.#value);
  }
}

export class CounterCell extends ValueCell implements Counter {
  inc(by = 1): void {
    if (!(by >= 0 && by < Number.POSITIVE_INFINITY)) throw new RangeError(`a counter cannot grow by ${by}`);
    this.add(by);
  }
}

export class GaugeCell extends ValueCell implements Gauge {
  set(value: number): void {
    this.replace(value);
  }

  inc(by = 1): void {
    this.add(by);
  }

  dec(by = 1): void {
    this.add(-by);
  }
}

export class HistogramCell implements Histogram, Series {
  readonly #options: CellOptions;
  /** Upper bounds, ascending. */
  readonly #buckets: readonly number[];
  /** For each bound, for `+Inf`, sum and count. */
  #starts: readonly Uint8Array[] | null = null;
  /** Observations per bucket, not cumulative; those above the last bound come last. */
  readonly #counts: number[];
  #count = 0;
  #sum = 0;

  constructor(options: CellOptions, buckets: readonly number[]) {
    this.#options = options;
    this.#buckets = buckets;
    this.#counts = Array.from({ length: buckets.length + 1 }, () => 0);
  }

  observe(value: number): void {
    if (!Number.isFinite(value)) throw new TypeError(`${value} cannot be observed`);
    const buckets = this.#buckets;
    let index = 0;
    while (index < buckets.length && value > (buckets[index] ?? 0)) index += 1;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#count += 1;
    this.#sum += value;
  }

  /** Cumulative, as in the text format. */
  write(lines: TextLines): void {
    if (this.#count === 0 && !this.#options.showsZero) return;
    const starts = (this.#starts ??= this.#encodeStarts());
    const bounds = this.#buckets.length;
    let reached = 0;
    for (let index = 0; index < starts.length; index += 1) {
      if (index < bounds) reached += this.#counts[index] ?? 0;
      const value = index < bounds ? reached : index === bounds + 1 ? this.#sum : this.#count;
      lines.add(starts[index] ?? nothing, value);
    }
  }

  #encodeStarts(): readonly Uint8Array[] {
    const { name, labels } = this.#options;
    const others = labels === "" ? "" : `,${labels}`;
    return [
      ...[...this.#buckets, "+Inf"].map((bound) => lineStart(`${name}_bucket`, `le="${bound}"${others}`)),
      lineStart(`${name}_sum`, labels),
      lineStart(`${name}_count`, labels),
    ];
  }
}

const nothing = new Uint8Array(0);
