import type { Counter, Histogram, Metrics } from "@libs/monitoring";

/**
 * Counts requests served by Elysia, and those that no route takes. The route label is the matched template, never the path, whose values
 * are unbounded.
 */
export interface RequestMetrics {
  record(route: string | null, status: number, seconds: number): void;
}

/** The label where no route matched. */
const unmatched = "unmatched";

export function createRequestMetrics(metrics: Metrics): RequestMetrics {
  const requests = metrics.counter({
    name: "cartway_server_requests_total",
    help: "Requests answered by the app's own routes.",
    labels: ["route", "status"],
  });
  const seconds = metrics.histogram({
    name: "cartway_server_request_duration_seconds",
    help: "From the request's head to the answer's head, by route.",
    labels: ["route"],
  });
  const counters = new Map<string, Counter>();
  const histograms = new Map<string, Histogram>();

  return {
    record(matched, status, duration) {
      const route = matched ?? unmatched;
      const key = `${status} ${route}`;
      let counter = counters.get(key);
      if (counter === undefined) {
        counter = requests.with({ route, status: String(status) });
        counters.set(key, counter);
      }
      counter.inc();
      let histogram = histograms.get(route);
      if (histogram === undefined) {
        histogram = seconds.with({ route });
        histograms.set(route, histogram);
      }
      histogram.observe(duration);
    },
  };
}
