import type { Counter, Gauge, Histogram, Metrics } from "@libs/monitoring";

export type RouteMetricsFactory = (route: string, service: string) => RouteMetrics;

/** Powers of two, suited to native histograms, from a quarter of a millisecond to 16 s. */
const buckets = Array.from({ length: 17 }, (_, exponent) => 0.000_25 * 2 ** exponent);

/** Powers of four, from 256 bytes to 16 MiB. */
const byteBuckets = Array.from({ length: 9 }, (_, exponent) => 256 * 4 ** exponent);

export function createRouteMetrics(metrics: Metrics): RouteMetricsFactory {
  const families = declareFamilies(metrics);
  return (route, service) => new RouteMetrics(families, { route, service });
}

const labels = ["route", "service"] as const;

/** More than the routes of most configs: what bounds their series is the registry's bound on lines. */
const seriesMax = 10_000;

type Labels = Readonly<Record<(typeof labels)[number], string>>;
type Families = ReturnType<typeof declareFamilies>;

function declareFamilies(metrics: Metrics) {
  return {
    requests: metrics.counter({
      name: "cartway_gateway_requests_total",
      help: "Requests that a route answered, by status.",
      labels: ["route", "service", "status"],
      seriesMax,
    }),
    duration: metrics.histogram({
      name: "cartway_gateway_request_duration_seconds",
      help: "From the arrival of a request to the head of its answer.",
      labels,
      buckets,
      seriesMax,
    }),
    inFlight: metrics.gauge({
      name: "cartway_gateway_requests_in_flight",
      help: "Requests that a route has not answered yet.",
      labels,
      seriesMax,
    }),
    requestSize: metrics.histogram({
      name: "cartway_gateway_request_size_bytes",
      help: "Bodies of requests, as declared or as far as they were read.",
      labels,
      buckets: byteBuckets,
      seriesMax,
    }),
    responseSize: metrics.histogram({
      name: "cartway_gateway_response_size_bytes",
      help: "Bodies of answers, as far as they were handed over.",
      labels,
      buckets: byteBuckets,
      seriesMax,
    }),
  };
}

/** The metrics of one route. Its series are created with its first request: unused routes must not use up the bound on series. */
export class RouteMetrics {
  readonly #families: Families;
  readonly #labels: Labels;
  #inFlight: Gauge | null = null;
  #duration: Histogram | null = null;
  #requestSize: Histogram | null = null;
  #responseSize: Histogram | null = null;
  /** The counter of the last status: most routes answer with one. */
  #answered: Counter | null = null;
  #status = 0;

  constructor(families: Families, labels: Labels) {
    this.#families = families;
    this.#labels = labels;
  }

  started(): void {
    this.#inFlight ??= this.#families.inFlight.with(this.#labels);
    this.#inFlight.inc();
  }

  /** @param seconds from the request's arrival to the head of its answer. */
  finished(status: number, seconds: number): void {
    this.#inFlight?.dec();
    this.#duration ??= this.#families.duration.with(this.#labels);
    this.#duration.observe(seconds);
    if (this.#answered === null || this.#status !== status) {
      this.#answered = this.#families.requests.with({ ...this.#labels, status: String(status) });
      this.#status = status;
    }
    this.#answered.inc();
  }

  /** Called when the answer has ended, with body sizes before compression and framing of the connection. */
  transferred(requestBytes: number, responseBytes: number): void {
    this.#requestSize ??= this.#families.requestSize.with(this.#labels);
    this.#requestSize.observe(requestBytes);
    this.#responseSize ??= this.#families.responseSize.with(this.#labels);
    this.#responseSize.observe(responseBytes);
  }
}
