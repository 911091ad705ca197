import { RoleGraph } from "@libs/auth";
import type { Logger, Metrics } from "@libs/monitoring";
import { compileAggregate } from "../aggregation/compile-aggregate.ts";
import { configHash } from "../config/config-hash.ts";
import type { GatewayConfig, RouteConfig } from "../config/schema.ts";
import type { IdentityPool } from "../identity/identity-pool.ts";
import type { MaybePromise } from "../model/maybe-promise.ts";
import type { Policy, PolicyOfRoute } from "../model/exchange/policy.ts";
import type { Service, Services } from "../model/upstream/service.ts";
import { doInSlices, runAtOnce, type Steps } from "../model/steps.ts";
import { ErrorPages } from "../policies/error-pages/pages.ts";
import type { LastingPolicyDeps } from "../policies/policy-deps.ts";
import { servicesOf } from "../policies/registry.ts";
import { createTrustedProxies } from "../routing/client-ip.ts";
import type { OwnEndpoints } from "../routing/own-endpoints.ts";
import { Router } from "../routing/router.ts";
import type { PolicyTallies, PolicyTally } from "../telemetry/policy-tallies.ts";
import { DebugPasses, debugSecretCharsMin } from "../telemetry/debug/debug-pass.ts";
import { createRouteMetrics } from "../telemetry/route-metrics.ts";
import { type ServicePools, ServiceRegistry } from "../upstream/service-registry.ts";
import type { UpstreamClients } from "../upstream/transport.ts";
import { createTunnelMetrics } from "../upstream/websocket/tunnel-metrics.ts";
import { buildIdentities } from "./build-identities.ts";
import { chosenService } from "./chosen-service.ts";
import { compileWebSocket } from "./compile-web-socket.ts";
import { compileRoute } from "./compile-route.ts";
import type { CompiledRoute } from "./compiled-route.ts";
import { Snapshot } from "./snapshot.ts";

export interface SnapshotDeps {
  readonly clients: UpstreamClients;
  readonly servicePools: ServicePools;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly policyDeps: LastingPolicyDeps;
  readonly identityPool: IdentityPool;
  readonly policyTallies: PolicyTallies;
  readonly own: OwnEndpoints;
  /** Identifies this instance in `Via`. */
  readonly instanceId: string;
}

/** The cleanup functions of everything that a snapshot has created. */
type Ends = (() => MaybePromise<void>)[];

/** Compiles a validated config. @throws Error where something cannot be bound; everything created so far is stopped then. */
export function buildSnapshot(config: GatewayConfig, deps: SnapshotDeps): Snapshot {
  return runAtOnce(snapshotSteps(config, deps));
}

/** The same in steps of one route each. They MUST be run to the end. */
export function* snapshotSteps(config: GatewayConfig, deps: SnapshotDeps): Steps<Snapshot> {
  const ends: Ends = [];
  const dispose = (): Promise<void> => doInSlices(ends, (end) => end());
  try {
    return yield* compile(config, deps, { ends, dispose });
  } catch (thrown) {
    dispose().catch((failure: unknown) =>
      deps.logger.error({ err: failure }, "disposing of a refused config failed"),
    );
    throw thrown;
  }
}

function* compile(
  config: GatewayConfig,
  deps: SnapshotDeps,
  { ends, dispose }: { readonly ends: Ends; readonly dispose: () => Promise<void> },
): Steps<Snapshot> {
  const roles = new RoleGraph(config.roles);
  const identities = buildIdentities(config, deps.identityPool);
  ends.push(() => identities.dispose());
  const services = new ServiceRegistry(config.services, { ...deps, readSecret: deps.policyDeps.readSecret });
  ends.push(() => services.dispose());
  const policyDeps = { ...deps.policyDeps, identities, roles, services };
  const routeMetrics = createRouteMetrics(deps.metrics);
  const webSockets = {
    services: config.services,
    access: configHash([identities.keys, config.roles]),
    metrics: createTunnelMetrics(deps.metrics),
  };
  const tallies: PolicyTally[] = [];
  ends.push(() => doInSlices(tallies, (tally) => deps.policyTallies.close(tally)));
  const openTally: PolicyTallies["open"] = (policy, route) => {
    const tally = deps.policyTallies.open(policy, route);
    tallies.push(tally);
    return tally;
  };
  const createdPolicies = new Map<string, Policy | PolicyOfRoute>();
  const pages = config.server.errorPages;
  const errorPages = pages === undefined ? null : new ErrorPages(pages);
  const compileOne = (route: RouteConfig): CompiledRoute =>
    compileRoute(route, {
      own: deps.own,
      service: serviceOf(route, services),
      aggregate:
        route.aggregate === undefined
          ? null
          : compileAggregate(route.aggregate, { route: route.id, services, metrics: deps.metrics }),
      deps: policyDeps,
      metrics: routeMetrics(route.id, route.service ?? "none"),
      totalMs: config.services[route.service ?? ""]?.timeouts.totalMs ?? 0,
      websocket: compileWebSocket(route, webSockets),
      openTally,
      createdPolicies,
      errorPages,
      onEnd: (end) => void ends.push(end),
    });
  const routes: CompiledRoute[] = [];
  for (const route of config.routes) {
    routes.push(compileOne(route));
    yield;
  }
  const router = yield* Router.inSteps(routes);
  return new Snapshot({
    config,
    own: deps.own,
    errorPages,
    routes,
    services,
    identities,
    roles,
    router,
    proxies: createTrustedProxies(config.server.trustedProxies, config.server.trustedHops),
    debug: createDebugPasses(config, deps.policyDeps),
    via: `${config.server.via}-${deps.instanceId}`,
    retired: () => services.retire(),
    dispose,
  });
}

function serviceOf({ service, policies }: RouteConfig, services: Services): Service | null {
  const own = service === undefined ? undefined : services.get(service);
  if (own === undefined) return null;
  return servicesOf(policies).length === 0 ? own : chosenService(own, services);
}

/** @throws Error where the secret is missing or too short. */
function createDebugPasses(
  { server: { debug } }: GatewayConfig,
  { readSecret, now }: LastingPolicyDeps,
): DebugPasses | null {
  if (debug === undefined) return null;
  const secret = readSecret(debug.secret);
  if (secret.length < debugSecretCharsMin)
    throw new Error(`server.debug.secret has fewer than ${debugSecretCharsMin} characters`);
  return new DebugPasses({ secret, lifetimeMsMax: debug.lifetimeMsMax, now });
}
