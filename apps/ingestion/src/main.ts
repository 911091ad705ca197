import { openClickHouse, openPostgreSQL } from "@libs/database";
import { openService } from "@libs/elysia-server";
import manifest from "../package.json" with { type: "json" };
import { cartSettings } from "./cart-settings.ts";
import { createIngestion } from "./create-ingestion.ts";
import { ingestionEnvironment } from "./environment.ts";
import { openHubPublisher } from "./recovery/open-hub-publisher.ts";
import { createRecoveryServices } from "./recovery/recovery-services.ts";

const { version } = manifest;
const { env, settings, telemetry, run } = openService(
  { name: "ingestion", version, environment: ingestionEnvironment },
  process.env,
);
const sql = await openPostgreSQL({ url: env.DATABASE_URL });
const clickhouse = await openClickHouse({ url: env.CLICKHOUSE_URL });
const hub = await openHubPublisher(
  {
    redisUrl: env.REDIS_URL,
    publishUrl: env.HUB_PUBLISH_URL,
    publishToken: env.HUB_PUBLISH_TOKEN,
    isNeeded: env.RECOVERY_ENABLED,
  },
  telemetry.logger,
);

const app = createIngestion(
  {
    ...settings,
    ...cartSettings(env),
  },
  {
    ...telemetry,
    sql,
    clickhouse,
    publisher: hub.publisher,
    recoveryServices: createRecoveryServices({
      predictionUrl: env.PREDICTION_URL,
      aiEngineUrl: env.AI_ENGINE_URL,
      percentOffMax: env.RECOVERY_PERCENT_OFF_MAX,
      ...telemetry,
    }),
  },
);
await run(app, [() => sql.close(), () => clickhouse.close(), () => hub.close()]);
