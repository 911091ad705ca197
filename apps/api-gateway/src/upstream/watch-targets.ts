import type { Shared } from "../sharing/shared-pool.ts";
import type { UpstreamTarget } from "../model/upstream/upstream.ts";
import type { Balancer } from "./balancing/balancer.ts";
import { ActiveChecks } from "./health/active-checks.ts";
import { OutlierDetector } from "./resilience/outlier-detector.ts";
import { TargetBreakers } from "./resilience/target-breakers.ts";
import type { ServiceBuild } from "./service-build.ts";
import { HealthGauge } from "./service-gauges.ts";
import { TargetStanding } from "./standing/target-standing.ts";
import { SlowStart } from "./targets/slow-start.ts";
import { chooseSubset } from "./targets/subset.ts";
import { Target } from "./targets/target.ts";
import { TargetPool } from "./targets/target-pool.ts";

export interface WatchedTargets {
  readonly pool: TargetPool;
  readonly outliers: OutlierDetector | null;
  /** MUST be started. */
  readonly checks: ActiveChecks | null;
  dispose(): void;
}

/** A service's target pool with its observers: breakers, outlier detection, health checks, slow start. */
export function watchTargets(build: ServiceBuild, balancer: Balancer): WatchedTargets {
  const { id, definition, deps, standing } = build;
  const { clock, random, logger } = deps;
  const { health, slowStartMs, panicShare, subsetSize } = definition;
  const refresh = (): void => pool.refresh();
  const breakers = acquireTargetBreakers(build);
  const outliers = acquireOutliers(build);
  const freshSince = (): number | null => (standing.isEstablished ? clock.now() : null);
  const pool = new TargetPool({
    balancer,
    panicShare,
    ...(subsetSize === undefined
      ? {}
      : { choose: (found) => chooseSubset(found, subsetSize, standing.subsetSeed) }),
    createTarget(found) {
      const { upstream } = found;
      const key = keyOf(build, upstream);
      return new Target(found, {
        standing: standing.targets.enter(key, () => new TargetStanding(key, freshSince())),
        breaker: breakers?.value.enter(key, upstream.id) ?? null,
      });
    },
  });
  const ends = [breakers?.value.follow(refresh), outliers?.value.follow(refresh)];
  const healthGauge = health === undefined ? null : new HealthGauge(deps.metrics, id);
  if (slowStartMs > 0) pool.observe(new SlowStart({ durationMs: slowStartMs, clock, refresh }));
  if (outliers !== null) pool.observe(outliers.value);
  if (healthGauge !== null) pool.observe(healthGauge);
  const { unhealthy, transport } = deps;
  const { client } = transport;
  const checks =
    health === undefined
      ? null
      : new ActiveChecks(health, { service: id, client, logger, random, unhealthy, refresh });
  if (checks !== null) pool.observe(checks);
  pool.observe({
    added: () => undefined,
    removed({ standing: { key } }) {
      standing.targets.leave(key);
      breakers?.value.leave(key);
    },
  });
  return {
    pool,
    outliers: outliers?.value ?? null,
    checks,
    dispose() {
      pool.dispose();
      for (const end of ends) end?.();
      breakers?.release();
      outliers?.release();
    },
  };
}

/** Contains no secret: the TLS settings are represented by the transport's fingerprint. */
function keyOf({ definition, deps }: ServiceBuild, upstream: UpstreamTarget): string {
  const address = { ...upstream, tls: undefined };
  return JSON.stringify([address, definition.protocol, deps.transport.fingerprint]);
}

function acquireTargetBreakers({
  id,
  definition,
  deps,
  metrics,
  standing,
}: ServiceBuild): Shared<TargetBreakers> | null {
  const settings = definition.breaker?.target;
  if (settings === undefined) return null;
  const create = (): TargetBreakers =>
    new TargetBreakers(settings, {
      clock: deps.clock,
      changed(target, state) {
        metrics.breakerChanged("target", state);
        deps.logger.warn({ service: id, target, state }, "a target's circuit breaker changed state");
      },
    });
  return standing.targetBreakers.acquire(JSON.stringify(settings), create);
}

function acquireOutliers({
  id,
  definition,
  deps,
  metrics,
  standing,
}: ServiceBuild): Shared<OutlierDetector> | null {
  const settings = definition.outliers;
  if (settings === undefined) return null;
  const { clock, logger } = deps;
  const create = (): OutlierDetector =>
    new OutlierDetector(settings, {
      clock,
      changed(target, ejection) {
        const fields = { service: id, target: target.id };
        if (ejection === null) return logger.info(fields, "an ejected target was readmitted");
        metrics.ejected(ejection.reason);
        logger.warn({ ...fields, ...ejection }, "a target was ejected as an outlier");
      },
    });
  return standing.outliers.acquire(JSON.stringify(settings), create);
}
