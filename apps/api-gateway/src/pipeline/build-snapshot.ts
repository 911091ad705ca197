import type { Logger, Metrics } from "@libs/monitoring";
import type { GatewayConfig } from "../config/schema.ts";
import type { UpstreamClient } from "../model/upstream.ts";
import type { PolicyDeps } from "../policies/policy-deps.ts";
import { createTrustedProxies } from "../routing/client-ip.ts";
import { Router } from "../routing/router.ts";
import { createRouteMetrics } from "../telemetry/route-metrics.ts";
import { ServiceRegistry } from "../upstream/service-registry.ts";
import { compileRoute } from "./compile-route.ts";
import { Snapshot } from "./snapshot.ts";

export interface SnapshotDeps {
  readonly client: UpstreamClient;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly policyDeps: PolicyDeps;
  /** Tells this instance apart in `Via`. */
  readonly instanceId: string;
}

/** Compiles a checked config. @throws Error where something cannot be bound; nothing is left running then. */
export function buildSnapshot(config: GatewayConfig, deps: SnapshotDeps): Snapshot {
  const services = new ServiceRegistry(config.services, deps);
  try {
    const routeMetrics = createRouteMetrics(deps.metrics);
    const routes = config.routes.map((route) => {
      const service = route.service === undefined ? null : (services.get(route.service) ?? null);
      const totalMs =
        (route.service === undefined ? undefined : config.services[route.service]?.timeouts.totalMs) ?? 0;
      const metrics = routeMetrics(route.id, route.service ?? "none");
      return compileRoute(route, { service, deps: deps.policyDeps, metrics, totalMs });
    });
    return new Snapshot({
      config,
      routes,
      services,
      router: new Router(routes),
      proxies: createTrustedProxies(config.server.trustedProxies),
      via: `${config.server.via}-${deps.instanceId}`,
      async dispose() {
        services.dispose();
        for (const route of routes) for (const policy of route.policies) await policy.dispose?.();
      },
    });
  } catch (thrown) {
    services.dispose();
    throw thrown;
  }
}
