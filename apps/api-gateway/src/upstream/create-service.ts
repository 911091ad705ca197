import type { Clock } from "@libs/resilience";
import type { Logger, Metrics } from "@libs/monitoring";
import type { DiscoveredTarget } from "../discovery/discovery.ts";
import type { Service } from "../model/service.ts";
import type { Balancer } from "./balancing/balancer.ts";
import { balancers } from "./balancing/registry.ts";
import { ActiveChecks } from "./health/active-checks.ts";
import { createBreaker } from "./resilience/create-breaker.ts";
import { OutlierDetector } from "./resilience/outlier-detector.ts";
import { TargetBreakers } from "./resilience/target-breakers.ts";
import { Attempts } from "./sending/attempts.ts";
import { Fallback } from "./sending/fallback.ts";
import { Gate } from "./sending/gate.ts";
import { Hedge } from "./sending/hedge.ts";
import { RetryPolicy } from "./sending/retry-policy.ts";
import { PooledService } from "./service.ts";
import { HealthGauge, ServiceGauges } from "./service-gauges.ts";
import { createServiceMetrics, type ServiceMetrics } from "./service-metrics.ts";
import type { ServiceDefinition } from "./service-schema.ts";
import { SlowStart } from "./targets/slow-start.ts";
import { Target } from "./targets/target.ts";
import { TargetPool } from "./targets/target-pool.ts";
import type { Transport } from "./transport.ts";

export interface ServiceDeps {
  readonly transport: Transport;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly random: () => number;
  /** Subscribes to what discovery finds; returns what ends it. */
  readonly discover: (definition: ServiceDefinition["discovery"], onTargets: OnTargets) => () => void;
  /** The service that the fallback names, `null` where there is none. */
  readonly fallback: Service | null;
}

type OnTargets = (found: readonly DiscoveredTarget[]) => void;

/** A service with everything that it runs on. */
export interface RunningService {
  readonly service: PooledService;
  dispose(): void;
}

/** Puts a service together from its definition: what the config does not ask for is not made. */
export function createService(id: string, definition: ServiceDefinition, deps: ServiceDeps): RunningService {
  const { clock, transport } = deps;
  const { client } = transport;
  const { timeouts, connectionsMax, discovery } = definition;
  const metrics = createServiceMetrics(deps.metrics, id);
  const balancer = createBalancer(definition.balancer, deps, () => gate.inFlight);
  const watched = watchTargets(id, definition, balancer, { ...deps, serviceMetrics: metrics });
  const { pool, outliers } = watched;
  const breaker =
    definition.breaker?.service === undefined
      ? null
      : createBreaker(definition.breaker.service, {
          clock,
          changed: (state) => {
            metrics.breakerChanged("service", state);
            deps.logger.warn({ service: id, state }, "a service's circuit breaker has changed");
          },
        });
  const inFlightMax = definition.inFlightMax ?? Number.POSITIVE_INFINITY;
  const gate = new Gate({
    service: id,
    pool,
    breaker,
    outliers,
    inFlightMax,
    targetInFlightMax: connectionsMax,
  });
  const attempts = new Attempts({ client, balancer, metrics, now: clock.now });
  const retries = createRetries(definition, metrics, deps);
  const hedge =
    definition.hedge === undefined || retries === null
      ? null
      : new Hedge({ ...definition.hedge, gate, attempts, retries, balancer, metrics, now: clock.now });
  const fallback =
    definition.fallback === undefined
      ? null
      : new Fallback(definition.fallback, { service: id, other: deps.fallback, metrics });
  const service = new PooledService(
    {
      id,
      timeouts,
      totalMs: timeouts.totalMs,
      targetInFlightMax: connectionsMax,
      balancerType: definition.balancer.type,
      discoveryType: discovery.type,
    },
    { pool, gate, attempts, metrics, breaker, outliers, retries, hedge, fallback },
  );
  const gauges = new ServiceGauges(deps.metrics, () => service.describe());
  const endDiscovery = deps.discover(discovery, (found) =>
    pool.apply(found.map((each) => ({ ...each, upstream: transport.target(each.upstream) }))),
  );
  return {
    service,
    dispose() {
      endDiscovery();
      watched.dispose();
      gauges.dispose();
    },
  };
}

interface WatchDeps extends ServiceDeps {
  readonly serviceMetrics: ServiceMetrics;
}

/** The pool of targets and all that follows them. */
function watchTargets(id: string, definition: ServiceDefinition, balancer: Balancer, deps: WatchDeps) {
  const { clock, random, logger, serviceMetrics, metrics } = deps;
  const { client } = deps.transport;
  const { breaker, outliers: outlierSettings, health, slowStartMs, panicShare } = definition;
  const refresh = (): void => pool.refresh();
  const breakers =
    breaker?.target === undefined
      ? null
      : new TargetBreakers(breaker.target, {
          clock,
          refresh,
          changed(target, state) {
            serviceMetrics.breakerChanged("target", state);
            logger.warn({ service: id, target, state }, "a target's circuit breaker has changed");
          },
        });
  const pool = new TargetPool({
    balancer,
    panicShare,
    createTarget: (found) => new Target(found, breakers?.create(found.upstream.id) ?? null),
  });
  const outliers =
    outlierSettings === undefined
      ? null
      : new OutlierDetector(outlierSettings, {
          clock,
          changed(target, ejection) {
            refresh();
            const fields = { service: id, target: target.id };
            if (ejection === null) return logger.info(fields, "a target is let in again");
            serviceMetrics.ejected(ejection.reason);
            logger.warn(
              { ...fields, ...ejection },
              "a target is taken out for answering worse than it should",
            );
          },
        });
  if (slowStartMs > 0) pool.observe(new SlowStart({ durationMs: slowStartMs, clock, refresh }));
  if (outliers !== null) pool.observe(outliers);
  const healthGauge = health === undefined ? null : new HealthGauge(metrics, id);
  if (healthGauge !== null) pool.observe(healthGauge);
  if (health !== undefined)
    pool.observe(new ActiveChecks(health, { service: id, client, logger, random, refresh }));
  return {
    pool,
    outliers,
    dispose() {
      pool.dispose();
      breakers?.dispose();
      healthGauge?.dispose();
    },
  };
}

function createRetries(
  { retry, hedge }: ServiceDefinition,
  metrics: ServiceMetrics,
  { random, clock }: ServiceDeps,
): RetryPolicy | null {
  if (retry.attemptsMax === 1 && hedge === undefined) return null;
  return new RetryPolicy(retry, {
    random,
    now: clock.now,
    epochNow: Date.now,
    overBudget: () => metrics.retryRefused(),
  });
}

function createBalancer(
  { type, ...config }: ServiceDefinition["balancer"],
  { random, clock }: ServiceDeps,
  inFlight: () => number,
): Balancer {
  const definition = balancers[type];
  if (definition === undefined) throw new Error(`there is no balancer ${type}`);
  return definition.create(config, { random, now: clock.now, inFlight });
}
