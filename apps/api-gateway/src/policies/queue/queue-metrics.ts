import type { Counter, Metrics } from "@libs/monitoring";
import type { FairQueue } from "./fair-queue.ts";

export interface QueueMetrics {
  passed(): void;
  waited(seconds: number): void;
  refused(code: string): void;
}

/**
 * `depth`, `in_flight` and `limit` are read when metrics are rendered. `dispose` stops that and removes the series; if another route has
 * the same queue, the next rendering adds them again.
 */
export function createQueueMetrics(
  metrics: Metrics,
  queue: FairQueue,
  { queue: id, route }: { readonly queue: string; readonly route: string },
): { readonly counted: QueueMetrics; readonly dispose: () => void } {
  const gauge = (name: `cartway_${string}`, help: string) => metrics.gauge({ name, help, labels: ["queue"] });
  const depth = gauge("cartway_queue_depth", "Requests that wait in a queue.");
  const inFlight = gauge(
    "cartway_queue_in_flight",
    "Requests that a queue has let through and that have not ended.",
  );
  const limit = gauge("cartway_queue_limit", "Requests that a queue lets through at a time.");
  const decisions = metrics.counter({
    name: "cartway_queue_decisions_total",
    help: "Requests that entered a queue, by outcome.",
    labels: ["route", "queue", "verdict"],
  });
  const waits = metrics
    .histogram({
      name: "cartway_queue_wait_seconds",
      help: "Waiting time of the requests that waited.",
      labels: ["queue"],
    })
    .with({ queue: id });
  const counter = (verdict: string): Counter => decisions.with({ route, queue: id, verdict });
  const passed = counter("passed");
  const waited = counter("waited");
  const end = metrics.beforeRender(() => {
    depth.with({ queue: id }).set(queue.waiting);
    inFlight.with({ queue: id }).set(queue.inFlight);
    limit.with({ queue: id }).set(queue.limit);
  });
  return {
    counted: {
      passed: () => passed.inc(),
      waited(seconds) {
        waited.inc();
        waits.observe(seconds);
      },
      refused: (code) => counter(code).inc(),
    },
    dispose() {
      end();
      for (const of of [depth, inFlight, limit]) of.remove({ queue: id });
    },
  };
}
