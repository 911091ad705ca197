import type { Gauge, Labelled, Metrics } from "@libs/monitoring";
import type { CircuitBreaker } from "@libs/resilience";
import { countTargets, type CountedTargets } from "./describe-targets.ts";
import type { Gate } from "./sending/gate.ts";
import type { Target } from "./targets/target.ts";
import type { TargetObserver } from "./targets/target-pool.ts";

const breakerValues = { closed: 0, "half-open": 0.5, open: 1 } as const;

/** What the gauges of a service are read from. */
export interface GaugedParts extends CountedTargets {
  readonly service: string;
  readonly gate: Pick<Gate, "inFlight">;
  /** The breaker of the service as a whole; `null` for none. */
  readonly breaker: CircuitBreaker | null;
}

/** Gauges of a service, read when metrics are rendered. */
export class ServiceGauges {
  readonly #parts: GaugedParts;
  readonly #targets: Labelled<"service" | "state", Gauge>;
  readonly #inFlight: Labelled<"service", Gauge>;
  readonly #breaker: Labelled<"service", Gauge>;
  readonly #end: () => void;

  constructor(metrics: Metrics, parts: GaugedParts) {
    this.#parts = parts;
    this.#targets = metrics.gauge({
      name: "cartway_upstream_targets",
      help: "Targets of a service, by whether they can take a request and why not.",
      labels: ["service", "state"],
    });
    this.#inFlight = metrics.gauge({
      name: "cartway_upstream_requests_in_flight",
      help: "Requests that targets have not finished answering.",
      labels: ["service"],
    });
    this.#breaker = metrics.gauge({
      name: "cartway_upstream_breaker_open",
      help: "1 while a service's own breaker refuses requests, 0.5 while it lets probes through, 0 while it is closed.",
      labels: ["service"],
    });
    this.#end = metrics.beforeRender(() => this.#show());
  }

  /** Also removes the series; if another config has the same service, its next rendering adds them again. */
  dispose(): void {
    this.#end();
    const { service } = this.#parts;
    for (const state of Object.keys(countTargets(this.#parts))) this.#targets.remove({ service, state });
    this.#inFlight.remove({ service });
    this.#breaker.remove({ service });
  }

  #show(): void {
    const { service, gate, breaker } = this.#parts;
    for (const [state, count] of Object.entries(countTargets(this.#parts)))
      this.#targets.with({ service, state }).set(count);
    this.#inFlight.with({ service }).set(gate.inFlight);
    if (breaker !== null) this.#breaker.with({ service }).set(breakerValues[breaker.state.kind]);
  }
}

/** The verdict of active checks for every single target, where there are checks. */
export class HealthGauge implements TargetObserver {
  readonly #service: string;
  readonly #health: Labelled<"service" | "target", Gauge>;
  readonly #targets = new Set<Target>();
  readonly #end: () => void;

  constructor(metrics: Metrics, service: string) {
    this.#service = service;
    this.#health = metrics.gauge({
      name: "cartway_upstream_target_healthy",
      help: "1 while a target's active checks succeed, 0 while they fail.",
      labels: ["service", "target"],
    });
    this.#end = metrics.beforeRender(() => {
      for (const { id, isHealthy } of this.#targets)
        this.#health.with({ service, target: id }).set(isHealthy ? 1 : 0);
    });
  }

  added(target: Target): void {
    this.#targets.add(target);
  }

  removed(target: Target): void {
    this.#targets.delete(target);
    this.#health.remove({ service: this.#service, target: target.id });
  }

  dispose(): void {
    this.#end();
  }
}
