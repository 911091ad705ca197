export interface Counter {
  /** @param by not negative; 1 by default. */
  inc(by?: number): void;
}

export interface Gauge {
  set(value: number): void;
  inc(by?: number): void;
  dec(by?: number): void;
}

export interface Histogram {
  observe(value: number): void;
}

/** A metric with labels: one series per set of values. */
export interface Labelled<Label extends string, Series> {
  /** The series with these values, created on first use and always the same object, so hot paths can keep it. */
  with(values: LabelValues<Label>): Series;
  /** Removes a series that is no longer needed. The object that `with` returned for it MUST NOT be used afterwards. */
  remove(values: LabelValues<Label>): void;
}

/** Only ids from the configuration and closed sets, never a raw path, user or token: values must be bounded. */
export type LabelValues<Label extends string> = Readonly<Record<Label, string>>;

export interface MetricOptions {
  /** Begins with `cartway_` and ends with the base unit (`_seconds`, `_bytes`, `_ratio`); a counter ends with `_total`. */
  readonly name: `cartway_${string}`;
  readonly help: string;
}

export interface LabelOptions<Label extends string> {
  readonly labels: readonly Label[];
  /** Bound on sets of values, after which further ones share the series `__other__`; 1,000 by default. */
  readonly seriesMax?: number;
}

export interface NoLabels {
  readonly labels?: never;
}

export interface Buckets {
  /** Upper bounds, ascending, in the base unit; 1 ms to 30 s by default. */
  readonly buckets?: readonly number[];
}

/** A registry that enforces the platform's metric rules. Declaring a metric again returns the same one. */
export interface Metrics {
  counter(options: MetricOptions & NoLabels): Counter;
  counter<Label extends string>(options: MetricOptions & LabelOptions<Label>): Labelled<Label, Counter>;
  gauge(options: MetricOptions & NoLabels): Gauge;
  gauge<Label extends string>(options: MetricOptions & LabelOptions<Label>): Labelled<Label, Gauge>;
  histogram(options: MetricOptions & NoLabels & Buckets): Histogram;
  histogram<Label extends string>(
    options: MetricOptions & LabelOptions<Label> & Buckets,
  ): Labelled<Label, Histogram>;
  /**
   * Runs before each rendering, to set values that have to be queried (pool sizes, queue lengths). A failure is left out of the
   * rendering, and counted in `cartway_metrics_collect_failures_total`. @returns a function that removes it
   */
  beforeRender(collect: () => void | Promise<void>): () => void;
  /**
   * The Prometheus text format, in chunks that are rendered as they are read. The event loop turns between them, so that requests are
   * not delayed by thousands of series. Rejects where the values cannot be had.
   */
  stream(): Promise<ReadableStream<Uint8Array>>;
  /** The same as one text. */
  render(): Promise<string>;
  /** The content type of the rendering. */
  readonly contentType: string;
  /** Stops the process metrics. */
  close(): void;
}
