import type { Counter, Histogram, Metrics } from "@libs/monitoring";

/** The metrics of one route, with bound labels. */
export interface RouteMetrics {
  started(): void;
  /** @param seconds from the request's arrival to the head of its answer. */
  finished(status: number, seconds: number): void;
  /** Called when the answer has ended, with body sizes before compression and framing of the connection. */
  transferred(requestBytes: number, responseBytes: number): void;
}

export type RouteMetricsFactory = (route: string, service: string) => RouteMetrics;

/** Powers of two, suited to native histograms, from a quarter of a millisecond to 16 s. */
const buckets = Array.from({ length: 17 }, (_, exponent) => 0.000_25 * 2 ** exponent);

/** Powers of four, from 256 bytes to 16 MiB. */
const byteBuckets = Array.from({ length: 9 }, (_, exponent) => 256 * 4 ** exponent);

export function createRouteMetrics(metrics: Metrics): RouteMetricsFactory {
  const labels = ["route", "service"] as const;
  const seriesMax = 10_000;
  const requests = metrics.counter({
    name: "cartway_gateway_requests_total",
    help: "Requests that a route answered, by status.",
    labels: ["route", "service", "status"],
    seriesMax,
  });
  const duration = metrics.histogram({
    name: "cartway_gateway_request_duration_seconds",
    help: "From the arrival of a request to the head of its answer.",
    labels,
    buckets,
    seriesMax: 500,
  });
  const inFlight = metrics.gauge({
    name: "cartway_gateway_requests_in_flight",
    help: "Requests that a route has not answered yet.",
    labels,
    seriesMax,
  });
  const requestSize = metrics.histogram({
    name: "cartway_gateway_request_size_bytes",
    help: "Bodies of requests, as declared or as far as they were read.",
    labels,
    buckets: byteBuckets,
    seriesMax: 250,
  });
  const responseSize = metrics.histogram({
    name: "cartway_gateway_response_size_bytes",
    help: "Bodies of answers, as far as they were handed over.",
    labels,
    buckets: byteBuckets,
    seriesMax: 250,
  });
  return (route, service) => {
    const values = { route, service };
    // created with the first request: unused routes must not use up the bound on series
    let seconds: Histogram | null = null;
    let bytesIn: Histogram | null = null;
    let bytesOut: Histogram | null = null;
    const open = inFlight.with({ route, service });
    const byStatus = new Map<number, Counter>();
    return {
      started: () => open.inc(),
      finished(status, elapsed) {
        open.dec();
        seconds ??= duration.with(values);
        seconds.observe(elapsed);
        let counter = byStatus.get(status);
        if (counter === undefined) {
          counter = requests.with({ route, service, status: String(status) });
          byStatus.set(status, counter);
        }
        counter.inc();
      },
      transferred(requestBytes, responseBytes) {
        bytesIn ??= requestSize.with(values);
        bytesIn.observe(requestBytes);
        bytesOut ??= responseSize.with(values);
        bytesOut.observe(responseBytes);
      },
    };
  };
}
