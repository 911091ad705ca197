import type * as prom from "prom-client";
import type { Counter, Gauge, Histogram } from "./metrics.ts";
import { type Family, type Labels, renderLabels, type SeriesValue } from "./render-metrics.ts";

/** A prom-client metric and its series. */
export interface NativeFamily<Series> extends Family {
  labels(...values: string[]): Series;
  remove(...values: string[]): void;
}

interface Cell {
  /** Transfers pending observations to prom-client. */
  flush(): void;
}

/**
 * prom-client looks up a series at each observation (0.3 us). Here an observation increments a cell (a few ns), and prom-client is
 * updated when metrics are rendered.
 */
function buffered<Native, Series extends Cell>(
  native: NativeFamily<Native>,
  create: (series: Native) => Series,
): NativeFamily<Series> {
  const cells = new Map<string, Series>();
  return {
    labels(...values) {
      const cell = create(native.labels(...values));
      cells.set(values.join("\0"), cell);
      return cell;
    },
    remove(...values) {
      cells.delete(values.join("\0"));
      native.remove(...values);
    },
    get() {
      for (const cell of cells.values()) cell.flush();
      return native.get();
    },
  };
}

export function bufferedCounter(native: prom.Counter): NativeFamily<Counter> {
  return buffered(native, (series: prom.Counter.Internal) => new CounterCell(series));
}

export function bufferedGauge(native: prom.Gauge): NativeFamily<Gauge> {
  return buffered(native, (series: prom.Gauge.Internal<string>) => new GaugeCell(series));
}

class CounterCell implements Counter, Cell {
  readonly #series: prom.Counter.Internal;
  #pending = 0;
  #isTouched = false;

  constructor(series: prom.Counter.Internal) {
    this.#series = series;
  }

  inc(by = 1): void {
    if (!(by >= 0 && by < Number.POSITIVE_INFINITY)) throw new RangeError(`a counter cannot grow by ${by}`);
    this.#pending += by;
    this.#isTouched = true;
  }

  flush(): void {
    if (!this.#isTouched) return;
    this.#series.inc(this.#pending);
    this.#pending = 0;
    this.#isTouched = false;
  }
}

class GaugeCell implements Gauge, Cell {
  readonly #series: prom.Gauge.Internal<string>;
  #value = 0;
  #isTouched = false;

  constructor(series: prom.Gauge.Internal<string>) {
    this.#series = series;
  }

  set(value: number): void {
    this.#value = value;
    this.#isTouched = true;
  }

  inc(by = 1): void {
    this.#value += by;
    this.#isTouched = true;
  }

  dec(by = 1): void {
    this.#value -= by;
    this.#isTouched = true;
  }

  flush(): void {
    if (this.#isTouched) this.#series.set(this.#value);
  }
}

export interface HistogramOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  /** Upper bounds, ascending. */
  readonly buckets: readonly number[];
}

/** A histogram with cells as series: prom-client's accepts one observation at a time only. */
export function createHistogramFamily({
  name,
  help,
  labelNames,
  buckets,
}: HistogramOptions): NativeFamily<Histogram> {
  const cells = new Map<string, HistogramCell>();
  return {
    labels(...values) {
      const labels = Object.fromEntries(labelNames.map((label, index) => [label, values[index] ?? ""]));
      const cell = new HistogramCell(name, labels, buckets);
      cells.set(values.join("\0"), cell);
      return cell;
    },
    remove: (...values) => void cells.delete(values.join("\0")),
    get: () =>
      Promise.resolve({
        name,
        help,
        type: "histogram",
        values: valuesOf(cells.values(), labelNames.length === 0),
      }),
  };
}

/** Generated lazily: thousands of lines at once would block the event loop. */
function* valuesOf(cells: Iterable<HistogramCell>, showsZeros: boolean): Generator<SeriesValue> {
  for (const cell of cells) yield* cell.values(showsZeros);
}

class HistogramCell implements Histogram {
  readonly #labels: Labels;
  readonly #buckets: readonly number[];
  readonly #name: string;
  /** Name and labels of each line, created on the first rendering. */
  #texts: readonly string[] | null = null;
  /** Observations per bucket, not cumulative; those above the last bound come last. */
  readonly #counts: number[];
  #count = 0;
  #sum = 0;

  constructor(name: string, labels: Labels, buckets: readonly number[]) {
    this.#name = name;
    this.#labels = labels;
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

  /** Cumulative, as in the text format; empty before the first observation, unless zeros are requested. */
  *values(showsZeros: boolean): Generator<SeriesValue> {
    if (this.#count === 0 && !showsZeros) return;
    this.#texts ??= this.#makeTexts();
    const labels = this.#labels;
    let reached = 0;
    for (const [index, text] of this.#texts.entries()) {
      const buckets = this.#buckets.length;
      if (index < buckets) reached += this.#counts[index] ?? 0;
      const value = index < buckets ? reached : index === buckets + 1 ? this.#sum : this.#count;
      yield { labels, value, text };
    }
  }

  /** One for each bound, for `+Inf`, sum and count. */
  #makeTexts(): readonly string[] {
    const bounds = [...this.#buckets, "+Inf"];
    return [
      ...bounds.map((le) => `${this.#name}_bucket${renderLabels({ le, ...this.#labels })}`),
      `${this.#name}_sum${renderLabels(this.#labels)}`,
      `${this.#name}_count${renderLabels(this.#labels)}`,
    ];
  }
}
