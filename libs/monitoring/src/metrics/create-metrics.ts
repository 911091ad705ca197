import { CartwayError } from "@libs/errors";
import * as prom from "prom-client";
import { bufferedCounter, bufferedGauge, createHistogramFamily, type NativeFamily } from "./cells.ts";
import { createBoundedSeries, type SeriesBudget } from "./bounded-series.ts";
import { declareBuildInfo } from "./build-info.ts";
import { checkMetricName, type MetricKind } from "./check-name.ts";
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
  /** Bound on rendered lines of all labelled series together; 10,000 by default. */
  readonly linesMax?: number;
  /** CPU, memory, descriptors, event loop delay; on by default. One registry per process needs them. */
  readonly processMetrics?: boolean;
}

type AnyOptions = MetricOptions & (NoLabels | LabelOptions<string>) & Buckets;

const seriesMaxDefault = 1000;
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function createMetrics(settings: MetricsSettings): Metrics {
  const families: Family[] = [];
  const collectors = new Set<() => void | Promise<void>>();
  const declared = new Map<string, { readonly fingerprint: string; readonly metric: unknown }>();
  const budget: SeriesBudget = { left: settings.linesMax ?? 10_000 };
  // exempt from the bounds that it reports on; the names in the code bound its series
  const overflows = new prom.Counter({
    name: "cartway_metrics_overflow_total",
    help: "Observations that went to the series __other__ because a bound on series was reached.",
    labelNames: ["metric"],
    registers: [],
  });
  families.push(overflows);

  function once<T>(kind: MetricKind, options: AnyOptions, make: () => T): T {
    const fingerprint = JSON.stringify([kind, options.labels ?? null, options.buckets ?? null]);
    const known = declared.get(options.name);
    if (known !== undefined) {
      if (known.fingerprint === fingerprint) return known.metric as T;
      throw new CartwayError("internal", {
        internal: `metric ${options.name} was declared differently before`,
      });
    }
    checkMetricName(kind, options.name, options.labels ?? []);
    const metric = make();
    declared.set(options.name, { fingerprint, metric });
    return metric;
  }

  /** The single series of a metric without labels, or the bounded family of one with labels. */
  function seriesOf<Series>(
    options: AnyOptions,
    lines: number,
    family: NativeFamily<Series>,
  ): Series | Labelled<string, Series> {
    families.push(family);
    const { labels } = options;
    if (labels === undefined) return family.labels();
    const series = createBoundedSeries({
      seriesMax: options.seriesMax ?? seriesMaxDefault,
      budget,
      weight: lines,
      create: (values) => family.labels(...values),
      forget: (values) => family.remove(...values),
      onOverflow: () => overflows.inc({ metric: options.name }),
    });
    return {
      with: (values) => series.get(valuesOf(labels, values)),
      remove: (values) => series.remove(valuesOf(labels, values)),
    };
  }

  function counter(options: MetricOptions & NoLabels): Counter;
  function counter<L extends string>(options: MetricOptions & LabelOptions<L>): Labelled<L, Counter>;
  function counter(options: AnyOptions): Counter | Labelled<string, Counter> {
    return once("counter", options, () =>
      seriesOf(options, 1, bufferedCounter(new prom.Counter(nativeOptions(options)))),
    );
  }

  function gauge(options: MetricOptions & NoLabels): Gauge;
  function gauge<L extends string>(options: MetricOptions & LabelOptions<L>): Labelled<L, Gauge>;
  function gauge(options: AnyOptions): Gauge | Labelled<string, Gauge> {
    return once("gauge", options, () =>
      seriesOf(options, 1, bufferedGauge(new prom.Gauge(nativeOptions(options)))),
    );
  }

  function histogram(options: MetricOptions & NoLabels & Buckets): Histogram;
  function histogram<L extends string>(
    options: MetricOptions & LabelOptions<L> & Buckets,
  ): Labelled<L, Histogram>;
  function histogram(options: AnyOptions): Histogram | Labelled<string, Histogram> {
    const buckets = [...(options.buckets ?? secondsBuckets)];
    return once("histogram", options, () =>
      seriesOf(options, buckets.length + 3, createHistogramFamily({ ...nativeOptions(options), buckets })),
    );
  }

  function beforeRender(collect: () => void | Promise<void>): () => void {
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
  return { ...parts, render, contentType: prom.Registry.PROMETHEUS_CONTENT_TYPE, close };
}

/** `registers: []` keeps the metrics out of prom-client's global registry. */
function nativeOptions({ name, help, labels = [] }: AnyOptions): {
  name: string;
  help: string;
  labelNames: string[];
  registers: [];
} {
  return { name, help, labelNames: [...labels], registers: [] };
}

function valuesOf(labels: readonly string[], values: LabelValues<string>): string[] {
  return labels.map((label) => values[label] ?? "");
}
