import { openClickHouse } from "@libs/database";
import { openService } from "@libs/elysia-server";
import manifest from "../package.json" with { type: "json" };
import { createPrediction } from "./create-prediction.ts";
import { predictionEnvironment } from "./environment.ts";

const { version } = manifest;
const { env, settings, telemetry, run } = openService(
  { name: "prediction", version, environment: predictionEnvironment },
  process.env,
);
const clickhouse = await openClickHouse({ url: env.CLICKHOUSE_URL });
const app = createPrediction(
  { ...settings, modelDirectory: env.MODEL_DIRECTORY, trainEveryMs: env.TRAIN_EVERY_MS },
  { ...telemetry, clickhouse },
);
await run(app, [() => clickhouse.close()]);
