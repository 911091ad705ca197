/** The whole platform in one process, on embedded stores unless servers are named: what `npm start` runs. */
import { join, resolve } from "node:path";
import { openProviders, providerTimes } from "@apps/ai-engine";
import { adminSettings, type GatewayConfig, loadConfig, reloadOnChange } from "@apps/api-gateway";
import { fleetLimits } from "@apps/fleet";
import { openTracer, requireEnvironment, startProcess } from "@libs/elysia-server";
import { createLogger } from "@libs/monitoring";
import manifest from "../package.json" with { type: "json" };
import { banner } from "./banner.ts";
import { startPlatform } from "./create-platform.ts";
import { customerSecret } from "./customer-secret.ts";
import { allInOneEnvironment } from "./environment.ts";
import { gitCommit } from "./git-commit.ts";
import { openStores } from "./open-stores.ts";

const platformConfig = join(import.meta.dir, "../../api-gateway/gateway.yaml");

await startProcess("Cartway", main);

async function main(): Promise<void> {
  const env = requireEnvironment(allInOneEnvironment, process.env);
  const { version } = manifest;
  const logger = createLogger({ name: "cartway", level: env.LOG_LEVEL });
  const directory = resolve(env.DATA_DIRECTORY);
  const providers = openProviders(env, process.env);
  const file = env.GATEWAY_CONFIG ?? platformConfig;
  const loadGateway = (): Promise<GatewayConfig> => loadConfig({ file });
  const gateway = await loadGateway();
  const admin = adminSettings(env, join(directory, "admin-token"));
  const stores = await openStores(
    { directory, databaseUrl: env.DATABASE_URL, clickhouseUrl: env.CLICKHOUSE_URL, redisUrl: env.REDIS_URL },
    logger,
  );
  let firstAdmin: { readonly email: string; readonly password: string } | null = null;
  const platform = await startPlatform(
    {
      hostname: env.HOST,
      version,
      commit: gitCommit(import.meta.dir),
      ports: {
        gateway: env.PORT,
        ingestion: env.INGESTION_PORT,
        prediction: env.PREDICTION_PORT,
        aiEngine: env.AI_ENGINE_PORT,
        fleet: env.FLEET_PORT,
      },
      fleet: fleetLimits(env),
      directory,
      providerTimes: providerTimes(env),
      gateway,
      admin,
      recovery: env.RECOVERY_ENABLED
        ? { idleMs: env.RECOVERY_IDLE_MS, probabilityMin: env.RECOVERY_PROBABILITY_MIN }
        : null,
      percentOffMax: env.RECOVERY_PERCENT_OFF_MAX,
      abandonedAfterMs: env.CART_ABANDONED_AFTER_MS,
      signingSecret: env.AUTH_SIGNING_SECRET,
      firstAdmin: { email: env.ADMIN_EMAIL, password: env.ADMIN_PASSWORD },
      secrets: {
        ...process.env,
        CUSTOMER_JWT_SECRET: env.CUSTOMER_JWT_SECRET ?? (await customerSecret(directory)),
      },
    },
    {
      stores,
      loadGateway,
      providers,
      logger,
      openTracer: (options) => openTracer(env, options),
      onFirstAdmin(admin) {
        firstAdmin = admin;
      },
    },
  ).catch(async (thrown: unknown) => {
    await stores.close();
    throw thrown;
  });
  console.log(
    banner({
      url: platform.gateway.address?.url ?? `http://${env.HOST}:${env.PORT}`,
      services: platform.services.map((app) => ({ name: app.name, url: app.address?.url ?? "" })),
      directory,
      admin: { url: platform.gateway.adminAddress?.url ?? null, tokenFile: admin?.tokenFile ?? null },
      firstAdmin,
      provider:
        providers.length === 0
          ? "templates (set OPENAI_API_KEY, OPENAI_BASE_URL or ANTHROPIC_API_KEY for a model)"
          : providers.map((one) => one.name).join(", then "),
    }),
  );
  const endWatch = reloadOnChange(file, platform.gateway);
  stopOnSignal(async () => {
    await endWatch();
    await platform.stop();
    await stores.close();
    await logger.flush();
  });
}

function stopOnSignal(stop: () => Promise<void>): void {
  let isStopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(signal === "SIGINT" ? 130 : 143);
      isStopping = true;
      stop().then(
        () => process.exit(0),
        (thrown: unknown) => {
          console.error("Cartway did not stop cleanly:", thrown);
          process.exit(1);
        },
      );
    });
  }
}
