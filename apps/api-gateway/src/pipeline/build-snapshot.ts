import { RoleGraph } from "@libs/auth";
import type { Logger, Metrics } from "@libs/monitoring";
import { compileAggregate } from "../aggregation/compile-aggregate.ts";
import type { GatewayConfig, RouteConfig } from "../config/schema.ts";
import type { IdentityPool } from "../identity/identity-pool.ts";
import type { MaybePromise } from "../model/maybe-promise.ts";
import type { Service, Services } from "../model/service.ts";
import { ErrorPages } from "../policies/error-pages/pages.ts";
import type { LastingPolicyDeps } from "../policies/policy-deps.ts";
import { servicesOf } from "../policies/registry.ts";
import { createTrustedProxies } from "../routing/client-ip.ts";
import type { OwnEndpoints } from "../routing/own-endpoints.ts";
import { Router } from "../routing/router.ts";
import type { PolicyTallies } from "../telemetry/policy-tallies.ts";
import { DebugPasses, debugSecretCharsMin } from "../telemetry/debug/debug-pass.ts";
import { createRouteMetrics } from "../telemetry/route-metrics.ts";
import { type ServicePools, ServiceRegistry } from "../upstream/service-registry.ts";
import type { UpstreamClients } from "../upstream/transport.ts";
import { createTunnelMetrics } from "../upstream/websocket/tunnel-metrics.ts";
import { buildIdentities } from "./build-identities.ts";
import { chosenService } from "./chosen-service.ts";
import { compileWebSocket } from "./compile-web-socket.ts";
import { compileRoute } from "./compile-route.ts";
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
  /** Tells this instance apart in `Via`. */
  readonly instanceId: string;
}

/** What a snapshot has made, each with what ends it. */
type Ends = (() => MaybePromise<void>)[];

/** Compiles a checked config. @throws Error where something cannot be bound; nothing is left running then. */
export function buildSnapshot(config: GatewayConfig, deps: SnapshotDeps): Snapshot {
  const ends: Ends = [];
  const dispose = async (): Promise<void> => {
    for (const end of ends) await end();
  };
  try {
    return compile(config, deps, { ends, dispose });
  } catch (thrown) {
    dispose().catch((failure: unknown) =>
      deps.logger.error({ err: failure }, "what a refused config had made could not be disposed of"),
    );
    throw thrown;
  }
}

function compile(
  config: GatewayConfig,
  deps: SnapshotDeps,
  { ends, dispose }: { readonly ends: Ends; readonly dispose: () => Promise<void> },
): Snapshot {
  const roles = new RoleGraph(config.roles);
  const identities = buildIdentities(config, deps.identityPool);
  ends.push(() => identities.dispose());
  const services = new ServiceRegistry(config.services, { ...deps, readSecret: deps.policyDeps.readSecret });
  ends.push(() => services.dispose());
  const policyDeps = { ...deps.policyDeps, identities, roles, services };
  const routeMetrics = createRouteMetrics(deps.metrics);
  const tunnelMetrics = createTunnelMetrics(deps.metrics);
  const pages = config.server.errorPages;
  const errorPages = pages === undefined ? null : new ErrorPages(pages);
  const routes = config.routes.map((route) => {
    const service = serviceOf(route, services);
    const totalMs =
      (route.service === undefined ? undefined : config.services[route.service]?.timeouts.totalMs) ?? 0;
    return compileRoute(route, {
      own: deps.own,
      service,
      aggregate:
        route.aggregate === undefined
          ? null
          : compileAggregate(route.aggregate, { route: route.id, services, metrics: deps.metrics }),
      deps: policyDeps,
      metrics: routeMetrics(route.id, route.service ?? "none"),
      totalMs,
      websocket: compileWebSocket(config, route, tunnelMetrics),
      tallies: deps.policyTallies,
      errorPages,
      onEnd: (end) => void ends.push(end),
    });
  });
  return new Snapshot({
    config,
    own: deps.own,
    errorPages,
    routes,
    services,
    identities,
    roles,
    router: new Router(routes),
    proxies: createTrustedProxies(config.server.trustedProxies, config.server.trustedHops),
    debug: createDebugPasses(config, deps.policyDeps),
    via: `${config.server.via}-${deps.instanceId}`,
    dispose,
  });
}

function serviceOf({ service, policies }: RouteConfig, services: Services): Service | null {
  const own = service === undefined ? undefined : services.get(service);
  if (own === undefined) return null;
  return servicesOf(policies).length === 0 ? own : chosenService(own, services);
}

/** @throws Error where the secret is missing, or so short that it could be guessed. */
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
