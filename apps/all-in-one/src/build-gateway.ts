import { createGateway, type Gateway, type GatewayConfig, startPlatformAuth } from "@apps/api-gateway";
import type { App } from "@libs/elysia-server";
import type { Telemetry } from "@libs/monitoring";
import { urlOf } from "./build-services.ts";
import { inProcessOf } from "./in-process.ts";
import type { Stores } from "./open-stores.ts";
import type { PlatformDeps, PlatformSettings } from "./platform-settings.ts";

type PlatformAuth = Awaited<ReturnType<typeof startPlatformAuth>>;

export function startAuth(
  settings: PlatformSettings,
  { stores, onFirstAdmin }: PlatformDeps,
  { logger, metrics }: Telemetry,
): Promise<PlatformAuth> {
  const { issuer, signingSecret, refreshGraceMs, firstAdmin, gateway } = settings;
  return startPlatformAuth(
    { issuer, signingSecret, refreshGraceMs, firstAdmin, roles: gateway.roles },
    { sql: stores.sql, redis: stores.redis?.driver ?? null, logger, metrics, now: Date.now, onFirstAdmin },
  );
}

export interface GatewayParts extends Telemetry {
  readonly auth: PlatformAuth;
  /** The started services, by their names in the gateway's config. */
  readonly services: Readonly<Record<string, App>>;
}

export function buildGateway(
  settings: PlatformSettings,
  { stores, loadGateway }: PlatformDeps,
  { services, ...parts }: GatewayParts,
): Gateway {
  const { ports, hostname, version, commit, builtAt, drain, admin, secrets, recovery } = settings;
  return createGateway(
    withTargets(settings.gateway, services),
    { port: ports.gateway, hostname, version, commit, builtAt, drain, ...(admin ? { admin } : {}) },
    {
      ...parts,
      sql: stores.sql,
      loadConfig: async () => withTargets(await loadGateway(), services),
      broker: stores.broker,
      redis: stores.redis?.driver ?? null,
      env: secrets,
      demo: { idleMs: recovery?.idleMs ?? null },
      stores: healthOf(stores),
      inProcess: inProcessOf(Object.values(services)),
    },
  );
}

function healthOf({ sql, clickhouse, redis }: Stores) {
  return { postgresql: sql, clickhouse, ...(redis === null ? {} : { redis }) };
}

/** The config's services, at the apps' actual addresses. */
function withTargets(config: GatewayConfig, apps: Readonly<Record<string, App>>): GatewayConfig {
  const services = Object.entries(config.services).map(([name, service]) => {
    const app = apps[name];
    const discovery =
      app === undefined
        ? service.discovery
        : { type: "static" as const, targets: [{ url: urlOf(app), weight: 1 }] };
    return [name, { ...service, discovery }] as const;
  });
  return { ...config, services: Object.fromEntries(services) };
}
