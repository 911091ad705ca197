import { createGateway, type Gateway, type GatewayConfig, startPlatformAuth } from "@apps/api-gateway";
import type { Ingestion } from "@apps/ingestion";
import type { App } from "@libs/elysia-server";
import { createMetrics, type Telemetry } from "@libs/monitoring";
import { buildAiEngine, buildFleet, buildIngestion, buildPrediction, urlOf } from "./build-services.ts";
import { inProcessOf } from "./in-process.ts";
import type { Stores } from "./open-stores.ts";
import type { PlatformDeps, PlatformSettings } from "./platform-settings.ts";

export interface Platform extends Pick<App, "name" | "stop"> {
  readonly gateway: Gateway;
  readonly services: readonly App[];
}

/**
 * All apps of the platform, started in the order of their dependencies. Each listens on its own port and
 * reaches the others through it, as it would as a separate process. Rejects, leaving nothing running, where one cannot start.
 */
export async function startPlatform(settings: PlatformSettings, deps: PlatformDeps): Promise<Platform> {
  const running: Pick<App, "stop">[] = [];
  const stop = async (): Promise<void> => {
    for (const app of running.splice(0).toReversed()) await app.stop();
  };
  const start = async <A extends App>(app: A): Promise<A> => {
    await app.start();
    running.push(app);
    return app;
  };
  /** Pushed before its app, so that it stops after it. */
  const openTelemetry = (service: string): Telemetry => {
    const telemetry = telemetryOf(service, settings, deps);
    if (deps.openTracer === undefined) return telemetry;
    const tracer = deps.openTracer({ ...telemetry, service, version: settings.version });
    running.push({ stop: () => tracer.close() });
    return { ...telemetry, tracer };
  };
  try {
    let ingestion: Ingestion | null = null;
    const readable = async (sessionIds?: readonly string[]): Promise<void> => ingestion?.readable(sessionIds);
    const prediction = await start(
      buildPrediction(settings, deps, { ...openTelemetry("prediction"), readable }),
    );
    const aiEngine = await start(buildAiEngine(settings, deps, openTelemetry("ai-engine")));
    const fleet = await start(buildFleet(settings, deps, openTelemetry("fleet")));
    const urls = { prediction: urlOf(prediction), aiEngine: urlOf(aiEngine) };
    ingestion = await start(buildIngestion(settings, deps, { ...openTelemetry("ingestion"), urls }));
    const { stores } = deps;
    const telemetry = openTelemetry("api-gateway");
    const { logger, metrics } = telemetry;
    const auth = await startPlatformAuth(
      {
        issuer: settings.issuer,
        signingSecret: settings.signingSecret,
        firstAdmin: settings.firstAdmin,
        roles: settings.gateway.roles,
      },
      {
        sql: stores.sql,
        redis: stores.redis?.driver ?? null,
        logger,
        metrics,
        now: Date.now,
        onFirstAdmin: deps.onFirstAdmin,
      },
    );
    running.push(auth);
    const apps = { ingestion, prediction, "ai-engine": aiEngine, fleet };
    const gateway = await start(
      createGateway(
        withTargets(settings.gateway, apps),
        {
          port: settings.ports.gateway,
          hostname: settings.hostname,
          version: settings.version,
          commit: settings.commit,
          builtAt: settings.builtAt,
          drain: settings.drain,
          ...(settings.admin ? { admin: settings.admin } : {}),
        },
        {
          ...telemetry,
          auth,
          sql: stores.sql,
          loadConfig: async () => withTargets(await deps.loadGateway(), apps),
          broker: stores.broker,
          redis: stores.redis?.driver ?? null,
          env: settings.secrets,
          demo: { idleMs: settings.recovery?.idleMs ?? null },
          stores: storesOf(stores),
          inProcess: inProcessOf(Object.values(apps)),
        },
      ),
    );
    return { name: "cartway", gateway, services: [ingestion, prediction, aiEngine, fleet], stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

function storesOf({ sql, clickhouse, redis }: Stores) {
  return { postgresql: sql, clickhouse, ...(redis === null ? {} : { redis }) };
}

/** Process metrics are in the gateway's registry, because there is one process. */
function telemetryOf(
  service: string,
  { version, commit }: PlatformSettings,
  { logger }: PlatformDeps,
): Telemetry {
  return {
    logger: logger.child({ app: service }),
    metrics: createMetrics({
      service,
      version,
      commit: commit ?? "unknown",
      processMetrics: service === "api-gateway",
    }),
  };
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
