import { join } from "node:path";
import { createAiEngine } from "@apps/ai-engine";
import {
  createGateway,
  type Gateway,
  type GatewayConfig,
  type GatewaySettings,
  startPlatformAuth,
} from "@apps/api-gateway";
import { createFleet, type FleetConfig, hubDoorOf } from "@apps/fleet";
import {
  createIngestion,
  createRecoveryServices,
  type Ingestion,
  type IngestionConfig,
} from "@apps/ingestion";
import { createPrediction, type PredictionDeps } from "@apps/prediction";
import type { App, DrainOptions, OpenTracerOptions, ServerConfig } from "@libs/elysia-server";
import { createBrokerPublisher } from "@libs/messaging";
import { createMetrics, type Logger, type Telemetry, type Tracer } from "@libs/monitoring";
import type { Stores } from "./open-stores.ts";

export interface PlatformSettings extends Pick<IngestionConfig, "abandonedAfterMs" | "recovery"> {
  readonly hostname: string;
  readonly version: string;
  readonly commit: string | null;
  readonly builtAt?: string | null;
  /** How all of it ends. Only the gateway has load balancers before it that `noticeMs` is for: the services end after it. */
  readonly drain?: Partial<DrainOptions>;
  readonly ports: Readonly<Record<"gateway" | "ingestion" | "prediction" | "aiEngine" | "fleet", number>>;
  /** Of the embedded stores. */
  readonly directory: string;
  /** Under `directory`, a new one each day, where absent. */
  readonly models?: { readonly directory: string; readonly trainEveryMs: number };
  readonly gateway: GatewayConfig;
  /** Of the gateway; `null` for none. */
  readonly admin: GatewaySettings["admin"] | null;
  /** How long language models may take; the ai-engine's own defaults where absent. */
  readonly providerTimes?: NonNullable<Parameters<typeof createAiEngine>[0]["chain"]>;
  /** Largest discount that a message may offer. */
  readonly percentOffMax: number;
  /** Of the platform's own tokens; `cartway` where absent. */
  readonly issuer?: string;
  readonly signingSecret: string | null;
  readonly firstAdmin: { readonly email: string; readonly password: string | null };
  /** Where the fleet's own defaults shall not hold. */
  readonly fleet?: FleetConfig["limits"];
  /** Environment variables that the gateway's config may refer to for its secrets. */
  readonly secrets: Readonly<Record<string, string | undefined>>;
}

export interface PlatformDeps {
  readonly stores: Stores;
  /** Reads the gateway's config anew. */
  readonly loadGateway: () => Promise<GatewayConfig>;
  readonly providers: Parameters<typeof createAiEngine>[1]["providers"];
  readonly logger: Logger;
  /** One for each app, so that a trace tells them apart. Nothing is traced where absent. */
  readonly openTracer?: (options: OpenTracerOptions) => Tracer;
  readonly onFirstAdmin: (admin: { readonly email: string; readonly password: string }) => void;
}

export interface Platform extends Pick<App, "name" | "stop"> {
  readonly gateway: Gateway;
  readonly services: readonly App[];
}

const loopback = "127.0.0.1";

/**
 * Every app of the platform, started in the order in which they need each other. Each listens on a port of its own and
 * reaches the others over it, as it would alone. Rejects, leaving nothing running, where one cannot start.
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
  /** Pushed before its app, so that it ends after it. */
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
        issuer: settings.issuer ?? "cartway",
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
          ...buildOf(settings),
          ...(settings.drain === undefined ? {} : { drain: settings.drain }),
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
        },
      ),
    );
    return { name: "cartway", gateway, services: [ingestion, prediction, aiEngine, fleet], stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

function buildOf({ version, commit, builtAt = null }: PlatformSettings) {
  return { version, commit, builtAt };
}

/** What all services have in common: a port of their own, for this machine alone. */
function serviceConfig(
  settings: PlatformSettings,
  name: keyof PlatformSettings["ports"],
  portSetting: string,
): ServerConfig {
  const { ports, drain } = settings;
  return {
    port: ports[name],
    portSetting,
    hostname: loopback,
    ...buildOf(settings),
    ...(drain === undefined ? {} : { drain: { ...drain, noticeMs: 0 } }),
  };
}

function storesOf({ sql, clickhouse, redis }: Stores) {
  return { postgresql: sql, clickhouse, ...(redis === null ? {} : { redis }) };
}

function buildPrediction(
  settings: PlatformSettings,
  { stores }: PlatformDeps,
  telemetry: Telemetry & Pick<PredictionDeps, "readable">,
): App {
  const { directory, trainEveryMs } = settings.models ?? {
    directory: join(settings.directory, "models"),
    trainEveryMs: 86_400_000,
  };
  return createPrediction(
    {
      ...serviceConfig(settings, "prediction", "PREDICTION_PORT"),
      modelDirectory: directory,
      trainEveryMs,
    },
    { ...telemetry, clickhouse: stores.clickhouse },
  );
}

function buildAiEngine(settings: PlatformSettings, { providers }: PlatformDeps, telemetry: Telemetry): App {
  return createAiEngine(
    { ...serviceConfig(settings, "aiEngine", "AI_ENGINE_PORT"), chain: settings.providerTimes ?? {} },
    { ...telemetry, providers },
  );
}

function buildFleet(settings: PlatformSettings, { stores }: PlatformDeps, telemetry: Telemetry): App {
  return createFleet(
    { ...serviceConfig(settings, "fleet", "FLEET_PORT"), limits: settings.fleet },
    {
      sql: stores.sql,
      clickhouse: stores.clickhouse,
      redis: stores.redis,
      broker: stores.broker,
      hub: hubDoorOf(stores.broker),
      isAlone: stores.isPostgreSQLEmbedded,
      ...telemetry,
    },
  );
}

interface ServiceUrls {
  readonly prediction: string;
  readonly aiEngine: string;
}

function buildIngestion(
  settings: PlatformSettings,
  { stores }: PlatformDeps,
  { urls, ...telemetry }: Telemetry & { readonly urls: ServiceUrls },
): Ingestion {
  const { abandonedAfterMs, recovery, percentOffMax } = settings;
  return createIngestion(
    {
      ...serviceConfig(settings, "ingestion", "INGESTION_PORT"),
      abandonedAfterMs,
      recovery,
      ...(stores.isClickHouseEmbedded ? { journalDirectory: join(settings.directory, "journal") } : {}),
    },
    {
      ...telemetry,
      sql: stores.sql,
      clickhouse: stores.clickhouse,
      publisher: createBrokerPublisher(stores.broker),
      isAlone: stores.isPostgreSQLEmbedded,
      recoveryServices: createRecoveryServices({
        predictionUrl: urls.prediction,
        aiEngineUrl: urls.aiEngine,
        percentOffMax,
        ...telemetry,
      }),
    },
  );
}

/** Process figures stand in the gateway's registry: there is one process. */
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

/** The config's services at the addresses that the apps really have. */
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

function urlOf(app: App): string {
  if (app.address === null) throw new Error(`${app.name} does not listen`);
  return `http://${loopback}:${app.address.port}`;
}
