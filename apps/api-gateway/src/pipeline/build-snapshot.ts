import { RoleGraph } from "@libs/auth";
import type { Logger, Metrics } from "@libs/monitoring";
import type { GatewayConfig } from "../config/schema.ts";
import type { IdentityPool } from "../identity/identity-pool.ts";
import type { UpstreamClient } from "../model/upstream.ts";
import type { LastingPolicyDeps } from "../policies/policy-deps.ts";
import { createTrustedProxies } from "../routing/client-ip.ts";
import { Router } from "../routing/router.ts";
import { createRouteMetrics } from "../telemetry/route-metrics.ts";
import { ServiceRegistry } from "../upstream/service-registry.ts";
import { createTunnelMetrics } from "../upstream/websocket/tunnel-metrics.ts";
import { buildIdentities } from "./build-identities.ts";
import { compileWebSocket } from "./compile-web-socket.ts";
import { compileRoute } from "./compile-route.ts";
import { Snapshot } from "./snapshot.ts";

export interface SnapshotDeps {
  readonly client: UpstreamClient;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly policyDeps: LastingPolicyDeps;
  readonly identityPool: IdentityPool;
  /** Tells this instance apart in `Via`. */
  readonly instanceId: string;
}

/** Compiles a checked config. @throws Error where something cannot be bound; nothing is left running then. */
export function buildSnapshot(config: GatewayConfig, deps: SnapshotDeps): Snapshot {
  const identities = buildIdentities(config, deps.identityPool);
  const services = new ServiceRegistry(config.services, deps);
  const policyDeps = { ...deps.policyDeps, identities, roles: new RoleGraph(config.roles) };
  try {
    const routeMetrics = createRouteMetrics(deps.metrics);
    const tunnelMetrics = createTunnelMetrics(deps.metrics);
    const routes = config.routes.map((route) => {
      const service = route.service === undefined ? null : (services.get(route.service) ?? null);
      const totalMs =
        (route.service === undefined ? undefined : config.services[route.service]?.timeouts.totalMs) ?? 0;
      const metrics = routeMetrics(route.id, route.service ?? "none");
      const websocket = compileWebSocket(config, route, tunnelMetrics);
      return compileRoute(route, { service, deps: policyDeps, metrics, totalMs, websocket });
    });
    return new Snapshot({
      config,
      routes,
      services,
      identities,
      router: new Router(routes),
      proxies: createTrustedProxies(config.server.trustedProxies),
      via: `${config.server.via}-${deps.instanceId}`,
      async dispose() {
        services.dispose();
        identities.dispose();
        for (const route of routes) for (const policy of route.policies) await policy.dispose?.();
      },
    });
  } catch (thrown) {
    services.dispose();
    identities.dispose();
    throw thrown;
  }
}
