import { type CircuitBreaker, createRetryBudget, type RetryBudget } from "@libs/resilience";
import type { Shared } from "../sharing/shared-pool.ts";
import type { Balancer } from "./balancing/balancer.ts";
import { balancers } from "./balancing/registry.ts";
import { createBreaker } from "./resilience/create-breaker.ts";
import { Attempts } from "./sending/attempts.ts";
import { Fallback } from "./sending/fallback.ts";
import { Gate } from "./sending/gate.ts";
import { Hedge, type HedgeParts } from "./sending/hedge.ts";
import { RetryPolicy } from "./sending/retry-policy.ts";
import { PooledService, type ServiceSettings } from "./service.ts";
import type { ServiceBuild, ServiceDeps } from "./service-build.ts";
import { ServiceGauges } from "./service-gauges.ts";
import { createServiceMetrics } from "./service-metrics.ts";
import type { ServiceDefinition } from "./service-schema.ts";
import { ServiceStanding } from "./standing/service-standing.ts";
import { watchTargets } from "./watch-targets.ts";

/** A service, and the disposal of everything it runs on. */
export interface RunningService {
  readonly service: PooledService;
  /**
   * Runs health checks until every function that this returned has been called; each counts once. A service that only finishes requests in
   * progress needs none.
   */
  check(): () => void;
  dispose(): void;
}

/** Builds a service from its definition; parts that the config does not name are not created. */
export function createService(id: string, definition: ServiceDefinition, deps: ServiceDeps): RunningService {
  const { clock, transport } = deps;
  const metrics = createServiceMetrics(deps.metrics, id);
  const { value: standing, release: releaseStanding } = deps.standings.acquire(
    id,
    () => new ServiceStanding(),
  );
  const build: ServiceBuild = { id, definition, deps, metrics, standing };
  const balancer = createBalancer(build, () => standing.inFlight);
  const watched = watchTargets(build, balancer);
  const { pool, outliers, checks } = watched;
  const sharedBreaker = acquireServiceBreaker(build);
  const breaker = sharedBreaker?.value ?? null;
  const inFlightMax = definition.inFlightMax ?? Number.POSITIVE_INFINITY;
  const targetInFlightMax = definition.connectionsMax;
  const gate = new Gate({
    service: id,
    load: standing,
    pool,
    breaker,
    outliers,
    inFlightMax,
    targetInFlightMax,
  });
  const attempts = new Attempts({ client: transport.client, balancer, metrics, now: clock.now });
  const sharedBudget = acquireRetryBudget(build);
  const retries = sharedBudget === null ? null : createRetries(build, sharedBudget.value);
  const hedge = createHedge(build, { gate, attempts, retries, balancer });
  const fallback = createFallback(build);
  const service = new PooledService(settingsOf(id, definition), {
    pool,
    gate,
    attempts,
    metrics,
    breaker,
    outliers,
    retries,
    hedge,
    fallback,
  });
  const gauges = new ServiceGauges(deps.metrics, { service: id, pool, gate, breaker, targetInFlightMax });
  const dispose = (): void => {
    watched.dispose();
    gauges.dispose();
    sharedBreaker?.release();
    sharedBudget?.release();
    releaseStanding();
  };
  try {
    const endDiscovery = deps.discover(definition.discovery, (found) => {
      pool.apply(found.map((each) => ({ ...each, upstream: transport.target(each.upstream) })));
      standing.isEstablished = true;
    });
    return {
      service,
      check: countUsers(checks),
      dispose() {
        endDiscovery();
        dispose();
      },
    };
  } catch (thrown) {
    dispose();
    throw thrown;
  }
}

/** Starts something with its first user, and stops it with the last. */
function countUsers(work: { start(): void; stop(): void } | null): () => () => void {
  let users = 0;
  return () => {
    users += 1;
    if (users === 1) work?.start();
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      users -= 1;
      if (users === 0) work?.stop();
    };
  };
}

function settingsOf(
  id: string,
  { timeouts, connectionsMax, balancer, discovery }: ServiceDefinition,
): ServiceSettings {
  return {
    id,
    timeouts,
    totalMs: timeouts.totalMs,
    targetInFlightMax: connectionsMax,
    balancerType: balancer.type,
    discoveryType: discovery.type,
  };
}

function acquireServiceBreaker({
  id,
  definition,
  deps,
  metrics,
  standing,
}: ServiceBuild): Shared<CircuitBreaker> | null {
  const settings = definition.breaker?.service;
  if (settings === undefined) return null;
  const create = (): CircuitBreaker =>
    createBreaker(settings, {
      clock: deps.clock,
      changed(state) {
        metrics.breakerChanged("service", state);
        deps.logger.warn({ service: id, state }, "a service's circuit breaker changed state");
      },
    });
  return standing.breakers.acquire(JSON.stringify(settings), create);
}

/** `null` where nothing is sent twice: hedges are charged to it too, and need it even without retries. */
function acquireRetryBudget({ definition, standing }: ServiceBuild): Shared<RetryBudget> | null {
  const { retry, hedge } = definition;
  if (retry.attemptsMax === 1 && hedge === undefined) return null;
  const { share, perSecMin } = retry.budget;
  return standing.retryBudgets.acquire(JSON.stringify([share, perSecMin]), () =>
    createRetryBudget({ ratio: share, retriesPerSecMin: perSecMin }),
  );
}

function createRetries({ definition, deps, metrics }: ServiceBuild, budget: RetryBudget): RetryPolicy {
  return new RetryPolicy(definition.retry, {
    budget,
    random: deps.random,
    now: deps.clock.now,
    epochNow: Date.now,
    overBudget: () => metrics.retryRefused(),
  });
}

interface HedgeNeeds extends Pick<HedgeParts, "gate" | "attempts" | "balancer"> {
  readonly retries: RetryPolicy | null;
}

function createHedge(
  { definition, deps, metrics }: ServiceBuild,
  { retries, ...needs }: HedgeNeeds,
): Hedge | null {
  if (definition.hedge === undefined || retries === null) return null;
  return new Hedge({ ...needs, ...definition.hedge, retries, metrics, now: deps.clock.now });
}

function createFallback({ id, definition, deps, metrics }: ServiceBuild): Fallback | null {
  if (definition.fallback === undefined) return null;
  return new Fallback(definition.fallback, { service: id, other: deps.fallback, metrics });
}

function createBalancer({ definition, deps }: ServiceBuild, inFlight: () => number): Balancer {
  const { type, ...config } = definition.balancer;
  const balancer = balancers[type];
  if (balancer === undefined) throw new Error(`there is no balancer ${type}`);
  return balancer.create(config, { random: deps.random, now: deps.clock.now, inFlight });
}
