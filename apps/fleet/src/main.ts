import { openClickHouse, openPostgreSQL, openRedis } from "@libs/database";
import { openService, startProcess } from "@libs/elysia-server";
import { openRedisBroker } from "@libs/messaging";
import manifest from "../package.json" with { type: "json" };
import { createFleet } from "./create-fleet.ts";
import { fleetEnvironment } from "./environment.ts";
import { fleetLimits } from "./limits-environment.ts";
import { hubNotifierOf, noHubNotifier } from "./live/hub-notifier.ts";

const { version } = manifest;
const { env, settings, telemetry, run } = openService(
  { name: "fleet", version, environment: fleetEnvironment },
  process.env,
);
const { logger } = telemetry;
await startProcess("fleet", main);

async function main(): Promise<void> {
  const sql = await openPostgreSQL({ url: env.DATABASE_URL });
  const clickhouse = await openClickHouse({ url: env.CLICKHOUSE_URL });
  const redis = env.REDIS_URL === null ? null : await openRedis(env.REDIS_URL);
  const broker = await openBroker();
  if (broker === null) logger.warn("devices and customers get no live messages: set REDIS_URL");

  const app = createFleet(
    { ...settings, limits: fleetLimits(env) },
    {
      ...telemetry,
      sql,
      clickhouse,
      redis,
      broker,
      hub: broker === null ? noHubNotifier : hubNotifierOf(broker),
    },
  );
  await run(app, [
    async () => broker?.close(),
    async () => redis?.close(),
    () => clickhouse.close(),
    () => sql.close(),
  ]);
}

/** The Redis that the hub's instances share; without it nothing is pushed to sockets. */
async function openBroker() {
  if (env.REDIS_URL === null) return null;
  const onError = (error: unknown): void => logger.warn({ err: error }, "the hub's broker");
  return await openRedisBroker({ url: env.REDIS_URL, onError });
}
