import type { Counter, Gauge, Histogram } from "./metrics.ts";
import { type Family, type Labels, renderLabels, type SeriesValue } from "./render-metrics.ts";

/** A metric and its series, by label values. */
export interface SeriesFamily<Series> extends Family {
  labels(...values: string[]): Series;
  remove(...values: string[]): void;
}

export interface FamilyOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

interface HistogramOptions extends FamilyOptions {
  /** Upper bounds, ascending. */
  readonly buckets: readonly number[];
}

/** A series, which an observation changes in a few nanoseconds. */
interface Cell {
  /** The values of its lines. Nothing before the first observation, unless zeros are requested. */
  values(showsZeros: boolean): Iterable<SeriesValue>;
}

export function createCounterFamily(options: FamilyOptions): SeriesFamily<Counter> {
  return createFamily("counter", options, (labels) => new CounterCell(labels));
}

export function createGaugeFamily(options: FamilyOptions): SeriesFamily<Gauge> {
  return createFamily("gauge", options, (labels) => new GaugeCell(labels));
}

export function createHistogramFamily(options: HistogramOptions): SeriesFamily<Histogram> {
  const { name, buckets } = options;
  return createFamily("histogram", options, (labels) => new HistogramCell(name, labels, buckets));
}

function createFamily<Series extends Cell>(
  type: string,
  { name, help, labelNames }: FamilyOptions,
  create: (labels: Labels) => Series,
): SeriesFamily<Series> {
  const cells = new Map<string, Series>();
  return {
    name,
    help,
    type,
    labels(...values) {
      const cell = create(Object.fromEntries(labelNames.map((label, index) => [label, values[index] ?? ""])));
      cells.set(values.join("\0"), cell);
      return cell;
    },
    remove: (...values) => void cells.delete(values.join("\0")),
    values: () => valuesOf(cells.values(), labelNames.length === 0),
  };
}

/** Generated lazily: thousands of lines at once would block the event loop. */
function* valuesOf(cells: Iterable<Cell>, showsZeros: boolean): Generator<SeriesValue> {
  for (const cell of cells) yield* cell.values(showsZeros);
}

/** A series of one line. */
class ValueCell implements Cell {
  readonly #labels: Labels;
  #value = 0;
  #isTouched = false;

  constructor(labels: Labels) {
    this.#labels = labels;
  }

  protected add(by: number): void {
    this.#value += by;
    this.#isTouched = true;
  }

  protected replace(value: number): void {
    this.#value = value;
    this.#isTouched = true;
  }

  values(showsZeros: boolean): readonly SeriesValue[] {
    return this.#isTouched || showsZeros ? [{ labels: this.#labels, value: this.#value }] : [];
  }
}

class CounterCell extends ValueCell implements Counter {
  inc(by = 1): void {
    if (!(by >= 0 && by < Number.POSITIVE_INFINITY)) throw new RangeError(`a counter cannot grow by ${by}`);
    this.add(by);
  }
}

class GaugeCell extends ValueCell implements Gauge {
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

class HistogramCell implements Histogram, Cell {
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
