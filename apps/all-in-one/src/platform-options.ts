import { join, resolve } from "node:path";
import { openProviders, providerTimes } from "@apps/ai-engine";
import { adminSettings, type loadConfig } from "@apps/api-gateway";
import { fleetLimits } from "@apps/fleet";
import { cartSettings } from "@apps/ingestion";
import { type EnvironmentOf, openTracer, serverSettings } from "@libs/elysia-server";
import type { PlatformDeps, PlatformSettings } from "./platform-settings.ts";
import type { allInOneEnvironment } from "./environment.ts";
import type { StoreSettings } from "./open-stores.ts";

const platformConfig = join(import.meta.dir, "../../api-gateway/gateway.yaml");

/** Everything that the environment decides; what must first be read, created or opened comes from `main.ts`. */
export interface PlatformOptions {
  readonly logLevel: EnvironmentOf<typeof allInOneEnvironment>["LOG_LEVEL"];
  readonly stores: StoreSettings;
  readonly config: Parameters<typeof loadConfig>[0];
  readonly settings: Omit<PlatformSettings, "gateway" | "secrets">;
  /** `null` where none is given. */
  readonly customerSecret: string | null;
  readonly providers: PlatformDeps["providers"];
  readonly openTracer: NonNullable<PlatformDeps["openTracer"]>;
}

/**
 * @param variables in which `AI_PROVIDERS` looks up the variables that it names.
 * @throws EnvironmentError where the providers are not valid.
 */
export function platformOptions(
  env: EnvironmentOf<typeof allInOneEnvironment>,
  version: string,
  variables: Readonly<Record<string, string | undefined>>,
): PlatformOptions {
  const directory = resolve(env.DATA_DIRECTORY);
  const {
    port: gateway,
    hostname = "127.0.0.1",
    commit = null,
    builtAt = null,
    drain,
  } = serverSettings(env, version);
  return {
    logLevel: env.LOG_LEVEL,
    stores: {
      directory,
      databaseUrl: env.DATABASE_URL,
      clickhouseUrl: env.CLICKHOUSE_URL,
      redisUrl: env.REDIS_URL,
    },
    config: {
      file: env.GATEWAY_CONFIG ?? platformConfig,
      ...(env.GATEWAY_ENV === null ? {} : { environment: env.GATEWAY_ENV }),
    },
    settings: {
      hostname,
      version,
      commit,
      builtAt,
      metricsLinesMax: env.METRICS_LINES_MAX,
      drain: { ...drain },
      ports: {
        gateway: gateway ?? 0,
        ingestion: env.INGESTION_PORT,
        prediction: env.PREDICTION_PORT,
        aiEngine: env.AI_ENGINE_PORT,
        fleet: env.FLEET_PORT,
      },
      fleet: fleetLimits(env),
      directory,
      models: {
        directory: env.MODEL_DIRECTORY ?? join(directory, "models"),
        trainEveryMs: env.TRAIN_EVERY_MS,
      },
      providerTimes: providerTimes(env),
      admin: adminSettings(env, join(directory, "admin-token")),
      ...cartSettings(env),
      percentOffMax: env.RECOVERY_PERCENT_OFF_MAX,
      issuer: env.AUTH_ISSUER,
      signingSecret: env.AUTH_SIGNING_SECRET,
      refreshGraceMs: env.AUTH_REFRESH_GRACE_MS,
      firstAdmin: { email: env.ADMIN_EMAIL, password: env.ADMIN_PASSWORD },
    },
    customerSecret: env.CUSTOMER_JWT_SECRET,
    providers: openProviders(env, variables),
    openTracer: (options) => openTracer(env, options),
  };
}
