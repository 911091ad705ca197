import { openPostgreSQL } from "@libs/database";
import { requireEnvironment, runUntilSignal } from "@libs/elysia-server";
import { createLogger, createMetrics } from "@libs/monitoring";
import manifest from "../package.json" with { type: "json" };
import { createFleet } from "./create-fleet.ts";
import { fleetEnvironment } from "./environment.ts";

const env = requireEnvironment(fleetEnvironment, process.env);
const { version } = manifest;
const logger = createLogger({ name: "fleet", level: env.LOG_LEVEL });
const sql = await openPostgreSQL({ url: env.DATABASE_URL });
const app = createFleet(
  {
    port: env.PORT,
    hostname: env.HOST,
    version,
    commit: env.GIT_COMMIT,
    builtAt: env.BUILD_TIME,
    drain: { noticeMs: env.DRAIN_NOTICE_MS, deadlineMs: env.DRAIN_DEADLINE_MS },
    codeLifeMs: env.ACTIVATION_CODE_LIFE_MS,
  },
  { sql, logger, metrics: createMetrics({ service: "fleet", version, commit: env.GIT_COMMIT ?? "unknown" }) },
);
await runUntilSignal(app, { logger, close: [() => sql.close()] });
