import type { Metrics } from "@libs/monitoring";
import type { UpstreamFailureKind } from "../model/upstream.ts";

export interface ServiceMetrics {
  attempted(outcome: "answered" | UpstreamFailureKind): void;
  retried(): void;
  healthChanged(target: string, healthy: boolean): void;
}

export function createServiceMetrics(metrics: Metrics, service: string): ServiceMetrics {
  const attempts = metrics.counter({
    name: "cartway_upstream_attempts_total",
    help: "Attempts to get an answer from a target, by what came of them.",
    labels: ["service", "outcome"],
  });
  const retries = metrics.counter({
    name: "cartway_upstream_retries_total",
    help: "Attempts that followed a failed one of the same request.",
    labels: ["service"],
  });
  const health = metrics.gauge({
    name: "cartway_upstream_target_healthy",
    help: "1 while a target's active checks succeed, 0 while they fail.",
    labels: ["service", "target"],
  });
  const answered = attempts.with({ service, outcome: "answered" });
  const retriesOfService = retries.with({ service });
  return {
    attempted(outcome) {
      if (outcome === "answered") answered.inc();
      else attempts.with({ service, outcome }).inc();
    },
    retried: () => retriesOfService.inc(),
    healthChanged: (target, healthy) => health.with({ service, target }).set(healthy ? 1 : 0),
  };
}
