import type { Metrics } from "@libs/monitoring";
import type { UpstreamFailureKind } from "../model/upstream/upstream.ts";
import type { EjectionReason } from "./resilience/outlier-detector.ts";

/** What a service counts while it works; what it only holds is collected at each rendering by `service-gauges.ts`. */
export interface ServiceMetrics {
  attempted(outcome: "answered" | UpstreamFailureKind): void;
  retried(): void;
  retryRefused(): void;
  hedged(what: "sent" | "won"): void;
  fellBack(to: "service" | "respond"): void;
  ejected(reason: EjectionReason): void;
  breakerChanged(scope: "service" | "target", state: "closed" | "open" | "half-open"): void;
}

export function createServiceMetrics(metrics: Metrics, service: string): ServiceMetrics {
  const attempts = metrics.counter({
    name: "cartway_upstream_attempts_total",
    help: "Attempts at targets, by outcome.",
    labels: ["service", "outcome"],
  });
  const retries = metrics.counter({
    name: "cartway_upstream_retries_total",
    help: "Attempts that followed a failed one of the same request.",
    labels: ["service"],
  });
  const answered = attempts.with({ service, outcome: "answered" });
  const retriesOfService = retries.with({ service });
  return {
    attempted(outcome) {
      if (outcome === "answered") answered.inc();
      else attempts.with({ service, outcome }).inc();
    },
    retried: () => retriesOfService.inc(),
    ...createRareMetrics(metrics, service),
  };
}

type RareMetrics = Pick<
  ServiceMetrics,
  "retryRefused" | "hedged" | "fellBack" | "ejected" | "breakerChanged"
>;

function createRareMetrics(metrics: Metrics, service: string): RareMetrics {
  const refused = metrics.counter({
    name: "cartway_upstream_retries_refused_total",
    help: "Retries that the service's budget did not allow.",
    labels: ["service"],
  });
  const hedges = metrics.counter({
    name: "cartway_upstream_hedges_total",
    help: "Second attempts that were sent while the first was under way, and those that answered first.",
    labels: ["service", "outcome"],
  });
  const fallbacks = metrics.counter({
    name: "cartway_upstream_fallbacks_total",
    help: "Requests that were answered in place of their service.",
    labels: ["service", "by"],
  });
  const ejections = metrics.counter({
    name: "cartway_upstream_ejections_total",
    help: "Targets taken out because requests to them failed, by what showed it.",
    labels: ["service", "reason"],
  });
  const breakers = metrics.counter({
    name: "cartway_upstream_breaker_changes_total",
    help: "Changes of circuit breakers, by whose they are and the state they changed to.",
    labels: ["service", "scope", "state"],
  });
  return {
    retryRefused: () => refused.with({ service }).inc(),
    hedged: (outcome) => hedges.with({ service, outcome }).inc(),
    fellBack: (by) => fallbacks.with({ service, by }).inc(),
    ejected: (reason) => ejections.with({ service, reason }).inc(),
    breakerChanged: (scope, state) => breakers.with({ service, scope, state }).inc(),
  };
}
