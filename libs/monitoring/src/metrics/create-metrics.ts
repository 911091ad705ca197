import {
  createCounterFamily,
  createGaugeFamily,
  createHistogramFamily,
  type FamilyOptions,
  type SeriesFamily,
} from "./cells.ts";
import { createBoundedSeries, type SeriesBudget } from "./bounded-series.ts";
import { declareBuildInfo } from "./build-info.ts";
import { Declarations } from "./declarations.ts";
import type {
  Buckets,
  Counter,
  Gauge,
  Histogram,
  Labelled,
  LabelOptions,
  LabelValues,
  MetricOptions,
  Metrics,
  NoLabels,
} from "./metrics.ts";
import { measureProcess } from "./process-metrics.ts";
import { type Family, renderMetrics } from "./render-metrics.ts";

export interface MetricsSettings {
  /** The `app` label of `cartway_build_info`. */
  readonly service: string;
  readonly version?: string;
  readonly commit?: string;
  /** Bound on rendered lines of all labelled series together, each metric's first ones aside; 10,000 by default. */
  readonly linesMax?: number;
  /** CPU, memory, descriptors, event loop delay; on by default. One registry per process needs them. */
  readonly processMetrics?: boolean;
}

type AnyOptions = MetricOptions & (NoLabels | LabelOptions<string>) & Buckets;

const seriesMaxDefault = 1000;
const contentType = "text/plain; version=0.0.4; charset=utf-8";
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function createMetrics(settings: MetricsSettings): Metrics {
  const families: Family[] = [];
  const collectors = new Set<Collect>();
  const declarations = new Declarations();
  const toSeries = createSeriesFactory(families, settings.linesMax ?? 10_000);

  function counter(options: MetricOptions & NoLabels): Counter;
  function counter<L extends string>(options: MetricOptions & LabelOptions<L>): Labelled<L, Counter>;
  function counter(options: AnyOptions): Counter | Labelled<string, Counter> {
    return declarations.once("counter", options, () =>
      toSeries(options, 1, createCounterFamily(familyOptions(options))),
    );
  }

  function gauge(options: MetricOptions & NoLabels): Gauge;
  function gauge<L extends string>(options: MetricOptions & LabelOptions<L>): Labelled<L, Gauge>;
  function gauge(options: AnyOptions): Gauge | Labelled<string, Gauge> {
    return declarations.once("gauge", options, () =>
      toSeries(options, 1, createGaugeFamily(familyOptions(options))),
    );
  }

  function histogram(options: MetricOptions & NoLabels & Buckets): Histogram;
  function histogram<L extends string>(
    options: MetricOptions & LabelOptions<L> & Buckets,
  ): Labelled<L, Histogram>;
  function histogram(options: AnyOptions): Histogram | Labelled<string, Histogram> {
    const buckets = [...(options.buckets ?? secondsBuckets)];
    return declarations.once("histogram", options, () =>
      toSeries(options, buckets.length + 3, createHistogramFamily({ ...familyOptions(options), buckets })),
    );
  }

  function beforeRender(collect: Collect): () => void {
    collectors.add(collect);
    return () => void collectors.delete(collect);
  }

  async function render(): Promise<string> {
    for (const collect of collectors) {
      try {
        await collect();
      } catch {
        collectFailures.inc();
      }
    }
    return renderMetrics(families);
  }

  const collectFailures = counter({
    name: "cartway_metrics_collect_failures_total",
    help: "Collectors that threw before a rendering.",
  });
  const parts = { counter, gauge, histogram, beforeRender };
  declareBuildInfo(parts, settings);
  const close = settings.processMetrics === false ? () => {} : measureProcess(parts);
  return { ...parts, render, contentType, close };
}

type Collect = () => void | Promise<void>;

/** The single series of a metric without labels, or the bounded family of one with labels. */
type SeriesFactory = <Series>(
  options: AnyOptions,
  linesPerSeries: number,
  family: SeriesFamily<Series>,
) => Series | Labelled<string, Series>;

/** Adds to `families` each family for which it creates series, and one that counts overflows of their common bound. */
function createSeriesFactory(families: Family[], linesMax: number): SeriesFactory {
  const budget: SeriesBudget = { left: linesMax };
  // exempt from the bounds that it reports on; the names in the code bound its series
  const overflows = createCounterFamily({
    name: "cartway_metrics_overflow_total",
    help: "Observations that went to the series __other__ because a bound on series was reached.",
    labelNames: ["metric"],
  });
  families.push(overflows);
  return (options, linesPerSeries, family) => {
    families.push(family);
    const { name, labels } = options;
    if (labels === undefined) return family.labels();
    let overflow: Counter | undefined;
    const series = createBoundedSeries({
      seriesMax: options.seriesMax ?? seriesMaxDefault,
      budget,
      weight: linesPerSeries,
      create: (values) => family.labels(...values),
      forget: (values) => family.remove(...values),
      onOverflow: () => (overflow ??= overflows.labels(name)).inc(),
    });
    return {
      with: (values) => series.get(valuesOf(labels, values)),
      remove: (values) => series.remove(valuesOf(labels, values)),
    };
  };
}

function familyOptions({ name, help, labels = [] }: AnyOptions): FamilyOptions {
  return { name, help, labelNames: labels };
}

function valuesOf(labels: readonly string[], values: LabelValues<string>): string[] {
  return labels.map((label) => values[label] ?? "");
}
