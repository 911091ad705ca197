import type { Counter, Metrics } from "@libs/monitoring";

/** What is counted of one route, with its labels bound beforehand. */
export interface RouteMetrics {
  started(): void;
  /** @param seconds from the arrival of the request to the head of its answer. */
  finished(status: number, seconds: number): void;
}

export type RouteMetricsFactory = (route: string, service: string) => RouteMetrics;

/** Native-histogram friendly: powers of two, from a quarter of a millisecond to 16 s. */
const buckets = Array.from({ length: 17 }, (_, exponent) => 0.000_25 * 2 ** exponent);

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
  return (route, service) => {
    const observed = duration.with({ route, service });
    const open = inFlight.with({ route, service });
    const byStatus = new Map<number, Counter>();
    return {
      started: () => open.inc(),
      finished(status, seconds) {
        open.dec();
        observed.observe(seconds);
        let counter = byStatus.get(status);
        if (counter === undefined) {
          counter = requests.with({ route, service, status: String(status) });
          byStatus.set(status, counter);
        }
        counter.inc();
      },
    };
  };
}
