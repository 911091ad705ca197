import type { Counter, Labelled, Metrics } from "@libs/monitoring";

/** The supervisor's own metrics. */
export interface SupervisorMetrics {
  readonly exits: Labelled<"reason", Counter>;
  readonly late: Labelled<"worker", Counter>;
}

export function createSupervisorMetrics(
  metrics: Metrics,
  { wanted, up }: { readonly wanted: number; readonly up: () => number },
): SupervisorMetrics {
  metrics
    .gauge({ name: "cartway_workers_wanted", help: "Processes that share the gateway's port." })
    .set(wanted);
  const listening = metrics.gauge({ name: "cartway_workers_up", help: "Of them, those that listen." });
  metrics.beforeRender(() => listening.set(up()));
  return {
    exits: metrics.counter({
      name: "cartway_worker_exits_total",
      help: "Workers that ended and were replaced: exited by themselves, killed by a signal, or hung.",
      labels: ["reason"],
    }),
    late: metrics.counter({
      name: "cartway_worker_metrics_late_total",
      help: "Times that a worker did not tell its metrics in time, and what it had said before stood for it.",
      labels: ["worker"],
    }),
  };
}
