import { declareBuildInfo } from "./build-info.ts";
import { type CellOptions, CounterCell, GaugeCell, HistogramCell } from "./cells.ts";
import { type Collect, Collectors } from "./collectors.ts";
import { Declarations } from "./declarations.ts";
import { Families } from "./families.ts";
import type {
  Buckets,
  Counter,
  Gauge,
  Histogram,
  Labelled,
  LabelOptions,
  MetricOptions,
  Metrics,
  NoLabels,
} from "./metrics.ts";
import { measureProcess } from "./process-metrics.ts";
import { renderMetrics } from "./render-metrics.ts";

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

const linesMaxDefault = 10_000;
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function createMetrics(settings: MetricsSettings): Metrics {
  const families = new Families(settings.linesMax ?? linesMaxDefault);
  const declarations = new Declarations();

  function counter(options: MetricOptions & NoLabels): Counter;
  function counter<L extends string>(options: MetricOptions & LabelOptions<L>): Labelled<L, Counter>;
  function counter(options: AnyOptions): Counter | Labelled<string, Counter> {
    const create = (cell: CellOptions) => new CounterCell(cell);
    return declarations.once("counter", options, () =>
      families.add({ ...options, type: "counter", linesPerSeries: 1, create }),
    );
  }

  function gauge(options: MetricOptions & NoLabels): Gauge;
  function gauge<L extends string>(options: MetricOptions & LabelOptions<L>): Labelled<L, Gauge>;
  function gauge(options: AnyOptions): Gauge | Labelled<string, Gauge> {
    const create = (cell: CellOptions) => new GaugeCell(cell);
    return declarations.once("gauge", options, () =>
      families.add({ ...options, type: "gauge", linesPerSeries: 1, create }),
    );
  }

  function histogram(options: MetricOptions & NoLabels & Buckets): Histogram;
  function histogram<L extends string>(
    options: MetricOptions & LabelOptions<L> & Buckets,
  ): Labelled<L, Histogram>;
  function histogram(options: AnyOptions): Histogram | Labelled<string, Histogram> {
    const buckets = [...(options.buckets ?? secondsBuckets)];
    const create = (cell: CellOptions) => new HistogramCell(cell, buckets);
    return declarations.once("histogram", options, () =>
      families.add({ ...options, type: "histogram", linesPerSeries: buckets.length + 3, create }),
    );
  }

  async function stream(): Promise<ReadableStream<Uint8Array>> {
    await collectors.run();
    return streamOf(renderMetrics(families.all, processLines));
  }

  const collectFailures = counter({
    name: "cartway_metrics_collect_failures_total",
    help: "Collectors that threw before a rendering.",
  });
  const collectors = new Collectors(() => collectFailures.inc());
  const parts = { counter, gauge, histogram, beforeRender: (collect: Collect) => collectors.add(collect) };
  declareBuildInfo(parts, settings);
  const ofProcess = settings.processMetrics === false ? null : measureProcess();
  let processLines = "";
  if (ofProcess !== null) collectors.add(async () => void (processLines = await ofProcess.render()));
  const render = async (): Promise<string> => await new Response(await stream()).text();
  return { ...parts, stream, render, contentType, close: () => ofProcess?.close() };
}

const contentType = "text/plain; version=0.0.4; charset=utf-8";

/** Read one chunk at a time: nothing is rendered before it is read. */
function streamOf(chunks: AsyncGenerator<Uint8Array, void, void>): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: async () => void (await chunks.return()),
    },
    { highWaterMark: 0 },
  );
}
