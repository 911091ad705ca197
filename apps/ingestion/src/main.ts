import { openClickHouse, openPostgreSQL } from "@libs/database";
import { requireEnvironment, runUntilSignal } from "@libs/elysia-server";
import { CartwayError } from "@libs/errors";
import {
  connectRedis,
  createBrokerPublisher,
  createHttpPublisher,
  createRedisBroker,
  type Publisher,
} from "@libs/messaging";
import { createLogger, createMetrics } from "@libs/monitoring";
import manifest from "../package.json" with { type: "json" };
import { createIngestion } from "./create-ingestion.ts";
import { ingestionEnvironment } from "./environment.ts";
import { createRecoveryServices } from "./recovery/recovery-services.ts";

const env = requireEnvironment(ingestionEnvironment, process.env);
const { version } = manifest;
const logger = createLogger({ name: "ingestion", level: env.LOG_LEVEL });
const sql = await openPostgreSQL({ url: env.DATABASE_URL });
const clickhouse = await openClickHouse({ url: env.CLICKHOUSE_URL });
const { publisher, close } = openPublisher();

const app = createIngestion(
  {
    port: env.PORT,
    hostname: env.HOST,
    version,
    commit: env.GIT_COMMIT,
    builtAt: env.BUILD_TIME,
    drain: { noticeMs: env.DRAIN_NOTICE_MS, deadlineMs: env.DRAIN_DEADLINE_MS },
    abandonedAfterMs: env.CART_ABANDONED_AFTER_MS,
    recovery: env.RECOVERY_ENABLED
      ? { idleMs: env.RECOVERY_IDLE_MS, probabilityMin: env.RECOVERY_PROBABILITY_MIN }
      : null,
  },
  {
    sql,
    clickhouse,
    publisher,
    recoveryServices: createRecoveryServices({
      predictionUrl: env.PREDICTION_URL,
      aiEngineUrl: env.AI_ENGINE_URL,
      percentOffMax: env.RECOVERY_PERCENT_OFF_MAX,
    }),
    logger,
    metrics: createMetrics({ service: "ingestion", version, commit: env.GIT_COMMIT ?? "unknown" }),
  },
);
await runUntilSignal(app, { logger, close: [() => sql.close(), () => clickhouse.close(), close] });

/** Through the Redis that the gateway's instances share, or by HTTP to one of them. */
function openPublisher(): {
  readonly publisher: Pick<Publisher, "publish">;
  readonly close: () => Promise<void>;
} {
  if (env.REDIS_URL !== null) {
    const onError = (error: unknown): void => logger.warn({ err: error }, "the hub's broker");
    const broker = createRedisBroker({ connect: connectRedis({ url: env.REDIS_URL }), onError });
    return { publisher: createBrokerPublisher(broker), close: () => broker.close() };
  }
  const { HUB_PUBLISH_URL: url, HUB_PUBLISH_TOKEN: token } = env;
  if (url !== null && token !== null) {
    const credentials = (): Readonly<Record<string, string>> => ({ authorization: `Bearer ${token}` });
    return { publisher: createHttpPublisher({ url, credentials }), close: () => Promise.resolve() };
  }
  if (env.RECOVERY_ENABLED)
    logger.warn("messages reach no shopper: set REDIS_URL, or HUB_PUBLISH_URL and HUB_PUBLISH_TOKEN");
  const refuse = (): Promise<never> =>
    Promise.reject(new CartwayError("store_unavailable", { internal: "there is no way to the hub" }));
  return { publisher: { publish: refuse }, close: () => Promise.resolve() };
}
