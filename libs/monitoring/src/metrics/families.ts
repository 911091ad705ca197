import { BoundedSeries, type SeriesBudget } from "./bounded-series.ts";
import { type CellOptions, CounterCell } from "./cells.ts";
import { renderLabels } from "./label-text.ts";
import type { Labelled, LabelValues } from "./metrics.ts";
import type { Family, Series } from "./render-metrics.ts";

const seriesMaxDefault = 1000;

export interface FamilyOptions<Cell extends Series> extends Pick<Family, "name" | "help" | "type"> {
  /** None for a metric with a single series. */
  readonly labels?: readonly string[];
  readonly seriesMax?: number;
  readonly linesPerSeries: number;
  readonly create: (options: CellOptions) => Cell;
}

/** The metrics of a registry, within a common bound on lines, and one that counts how often a bound was reached. */
export class Families {
  readonly #all: Family[] = [];
  readonly #budget: SeriesBudget;
  readonly #overflows: Labelled<"metric", CounterCell>;

  constructor(linesMax: number) {
    this.#budget = { left: linesMax };
    this.#overflows = this.#addLabelled({
      name: "cartway_metrics_overflow_total",
      help: "Observations that went to the series __other__ because a bound on series was reached.",
      type: "counter",
      labels: ["metric"],
      linesPerSeries: 1,
      create: (options) => new CounterCell(options),
      // exempt from the bounds that it reports on; the names in the code bound its series
      seriesMax: Number.POSITIVE_INFINITY,
      budget: { left: Number.POSITIVE_INFINITY },
    });
  }

  get all(): readonly Family[] {
    return this.#all;
  }

  /** @returns the single series of a metric without labels, or the bounded ones of one with labels */
  add<Cell extends Series>(options: FamilyOptions<Cell>): Cell | Labelled<string, Cell> {
    const { name, labels } = options;
    if (labels !== undefined) return this.#addLabelled({ ...options, labels, budget: this.#budget });
    const cell = options.create({ name, labels: "", showsZero: true });
    this.#show(options, () => [cell]);
    return cell;
  }

  #addLabelled<Cell extends Series>({
    budget,
    labels,
    create,
    ...options
  }: FamilyOptions<Cell> & {
    readonly labels: readonly string[];
    readonly budget: SeriesBudget;
  }): Labelled<string, Cell> {
    const { name, seriesMax = seriesMaxDefault, linesPerSeries } = options;
    const series = new BoundedSeries({
      seriesMax,
      budget,
      weight: linesPerSeries,
      create: (values) => create({ name, labels: renderLabels(labels, values), showsZero: false }),
      onOverflow: () => this.#overflows.with({ metric: name }).inc(),
    });
    this.#show(options, () => series.all());
    return {
      with: (values) => series.get(valuesOf(labels, values)),
      remove: (values) => series.remove(valuesOf(labels, values)),
    };
  }

  #show({ name, help, type }: Pick<Family, "name" | "help" | "type">, series: Family["series"]): void {
    this.#all.push({ name, help, type, series });
  }
}

function valuesOf(labels: readonly string[], values: LabelValues<string>): string[] {
  return labels.map((label) => values[label] ?? "");
}
