import { openClickHouse } from "@libs/database";
import { requireEnvironment, runUntilSignal } from "@libs/elysia-server";
import { createLogger, createMetrics } from "@libs/monitoring";
import manifest from "../package.json" with { type: "json" };
import { createPrediction } from "./create-prediction.ts";
import { predictionEnvironment } from "./environment.ts";

const env = requireEnvironment(predictionEnvironment, process.env);
const { version } = manifest;
const logger = createLogger({ name: "prediction", level: env.LOG_LEVEL });
const clickhouse = await openClickHouse({ url: env.CLICKHOUSE_URL });
const app = createPrediction(
  {
    port: env.PORT,
    hostname: env.HOST,
    version,
    commit: env.GIT_COMMIT,
    builtAt: env.BUILD_TIME,
    drain: { noticeMs: env.DRAIN_NOTICE_MS, deadlineMs: env.DRAIN_DEADLINE_MS },
    modelDirectory: env.MODEL_DIRECTORY,
    trainEveryMs: env.TRAIN_EVERY_MS,
  },
  {
    clickhouse,
    logger,
    metrics: createMetrics({ service: "prediction", version, commit: env.GIT_COMMIT ?? "unknown" }),
  },
);
await runUntilSignal(app, { logger, close: [() => clickhouse.close()] });
