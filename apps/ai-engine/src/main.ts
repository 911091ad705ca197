import { requireEnvironment, runUntilSignal } from "@libs/elysia-server";
import { createLogger, createMetrics } from "@libs/monitoring";
import manifest from "../package.json" with { type: "json" };
import { createAiEngine } from "./create-ai-engine.ts";
import { aiEngineEnvironment, openProviders } from "./environment.ts";

const env = requireEnvironment(aiEngineEnvironment, process.env);
const { version } = manifest;
const logger = createLogger({ name: "ai-engine", level: env.LOG_LEVEL });
const app = createAiEngine(
  {
    port: env.PORT,
    hostname: env.HOST,
    version,
    commit: env.GIT_COMMIT,
    builtAt: env.BUILD_TIME,
    drain: { noticeMs: env.DRAIN_NOTICE_MS, deadlineMs: env.DRAIN_DEADLINE_MS },
  },
  {
    providers: openProviders(env),
    logger,
    metrics: createMetrics({ service: "ai-engine", version, commit: env.GIT_COMMIT ?? "unknown" }),
  },
);
await runUntilSignal(app, { logger });
