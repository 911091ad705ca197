export interface Counter {
  /** @param by not negative; 1 where not given. */
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

/** A metric with labels: one series for each set of their values. */
export interface Labelled<Label extends string, Series> {
  /** The series with these values, made on first use, the same object each time: a hot path holds it. */
  with(values: LabelValues<Label>): Series;
  /** Forgets a series whose subject is gone. What `with` gave for it MUST NOT be used any more. */
  remove(values: LabelValues<Label>): void;
}

/** Only ids of the configuration and closed sets: never a raw path, a user or a token. */
export type LabelValues<Label extends string> = Readonly<Record<Label, string>>;

export interface MetricOptions {
  /** `cartway_` first, base unit last (`_seconds`, `_bytes`, `_ratio`); a counter ends in `_total`. */
  readonly name: `cartway_${string}`;
  readonly help: string;
}

export interface LabelOptions<Label extends string> {
  readonly labels: readonly Label[];
  /** How many sets of values before all further ones share the series `__other__`; 1,000 by default. */
  readonly seriesMax?: number;
}

export interface NoLabels {
  readonly labels?: never;
}

export interface Buckets {
  /** Upper bounds, ascending, in the base unit; 1 ms to 30 s by default. */
  readonly buckets?: readonly number[];
}

/** One registry, and the rules every metric of the platform keeps. The same declaration again gives the same metric. */
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
   * Runs before each rendering, to set what is only known by asking (pool sizes, queue lengths). What throws is left out of
   * this rendering and counted in `cartway_metrics_collect_failures_total`. Returns what ends it.
   */
  beforeRender(collect: () => void | Promise<void>): () => void;
  /** The Prometheus text format, made in slices that leave the event loop free between them. */
  render(): Promise<string>;
  /** Of what `render` gives. */
  readonly contentType: string;
  /** Stops what measures the process. */
  close(): void;
}
