import type { Balancer } from "./balancing/balancer.ts";
import { ActiveChecks } from "./health/active-checks.ts";
import { OutlierDetector } from "./resilience/outlier-detector.ts";
import { TargetBreakers } from "./resilience/target-breakers.ts";
import type { ServiceBuild } from "./service-build.ts";
import { HealthGauge } from "./service-gauges.ts";
import { SlowStart } from "./targets/slow-start.ts";
import { Target } from "./targets/target.ts";
import { TargetPool } from "./targets/target-pool.ts";

export interface WatchedTargets {
  readonly pool: TargetPool;
  readonly outliers: OutlierDetector | null;
  dispose(): void;
}

/** The pool of a service's targets and all that follows them. */
export function watchTargets(build: ServiceBuild, balancer: Balancer): WatchedTargets {
  const { id, definition, deps } = build;
  const { clock, random, logger } = deps;
  const { health, slowStartMs, panicShare } = definition;
  const refresh = (): void => pool.refresh();
  const breakers = createTargetBreakers(build, refresh);
  const pool = new TargetPool({
    balancer,
    panicShare,
    createTarget: (found) => new Target(found, breakers?.create(found.upstream.id) ?? null),
  });
  const outliers = createOutliers(build, refresh);
  const healthGauge = health === undefined ? null : new HealthGauge(deps.metrics, id);
  if (slowStartMs > 0) pool.observe(new SlowStart({ durationMs: slowStartMs, clock, refresh }));
  if (outliers !== null) pool.observe(outliers);
  if (healthGauge !== null) pool.observe(healthGauge);
  if (health !== undefined) {
    const { ill, transport } = deps;
    const { client } = transport;
    pool.observe(new ActiveChecks(health, { service: id, client, logger, random, ill, refresh }));
  }
  return {
    pool,
    outliers,
    dispose() {
      pool.dispose();
      breakers?.dispose();
    },
  };
}

function createTargetBreakers(
  { id, definition, deps, metrics }: ServiceBuild,
  refresh: () => void,
): TargetBreakers | null {
  const settings = definition.breaker?.target;
  if (settings === undefined) return null;
  return new TargetBreakers(settings, {
    clock: deps.clock,
    refresh,
    changed(target, state) {
      metrics.breakerChanged("target", state);
      deps.logger.warn({ service: id, target, state }, "a target's circuit breaker has changed");
    },
  });
}

function createOutliers(
  { id, definition, deps, metrics }: ServiceBuild,
  refresh: () => void,
): OutlierDetector | null {
  if (definition.outliers === undefined) return null;
  const { clock, logger } = deps;
  return new OutlierDetector(definition.outliers, {
    clock,
    changed(target, ejection) {
      refresh();
      const fields = { service: id, target: target.id };
      if (ejection === null) return logger.info(fields, "a target is let in again");
      metrics.ejected(ejection.reason);
      logger.warn({ ...fields, ...ejection }, "a target is taken out for answering worse than it should");
    },
  });
}
