import { join } from "node:path";
import { createAiEngine } from "@apps/ai-engine";
import { createFleet, hubNotifierOf } from "@apps/fleet";
import { createIngestion, createRecoveryServices, type Ingestion } from "@apps/ingestion";
import { createPrediction, type PredictionDeps } from "@apps/prediction";
import type { App, ServerConfig } from "@libs/elysia-server";
import { createBrokerPublisher } from "@libs/messaging";
import type { Telemetry } from "@libs/monitoring";
import type { PlatformDeps, PlatformSettings } from "./platform-settings.ts";

const loopback = "127.0.0.1";

/** Settings common to all services: each has its own port, on loopback only. */
function serviceConfig(
  { version, commit, builtAt, ports, drain }: PlatformSettings,
  name: keyof PlatformSettings["ports"],
  portSetting: string,
): ServerConfig {
  return {
    port: ports[name],
    portSetting,
    hostname: loopback,
    version,
    commit,
    builtAt,
    drain: { ...drain, noticeMs: 0 },
  };
}

export function buildPrediction(
  settings: PlatformSettings,
  { stores }: PlatformDeps,
  telemetry: Telemetry & Pick<PredictionDeps, "readable">,
): App {
  const { directory, trainEveryMs } = settings.models;
  return createPrediction(
    {
      ...serviceConfig(settings, "prediction", "PREDICTION_PORT"),
      modelDirectory: directory,
      trainEveryMs,
    },
    { ...telemetry, clickhouse: stores.clickhouse },
  );
}

export function buildAiEngine(
  settings: PlatformSettings,
  { providers }: PlatformDeps,
  telemetry: Telemetry,
): App {
  return createAiEngine(
    { ...serviceConfig(settings, "aiEngine", "AI_ENGINE_PORT"), chain: settings.providerTimes ?? {} },
    { ...telemetry, providers },
  );
}

export function buildFleet(settings: PlatformSettings, { stores }: PlatformDeps, telemetry: Telemetry): App {
  return createFleet(
    { ...serviceConfig(settings, "fleet", "FLEET_PORT"), limits: settings.fleet },
    {
      sql: stores.sql,
      clickhouse: stores.clickhouse,
      redis: stores.redis,
      broker: stores.broker,
      hub: hubNotifierOf(stores.broker),
      isAlone: stores.isPostgreSQLEmbedded,
      ...telemetry,
    },
  );
}

export interface ServiceUrls {
  readonly prediction: string;
  readonly aiEngine: string;
}

export function buildIngestion(
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

/** The local address of a listening service. */
export function urlOf(app: App): string {
  if (app.address === null) throw new Error(`${app.name} does not listen`);
  return `http://${loopback}:${app.address.port}`;
}
