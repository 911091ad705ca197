import { readEnvironment, runUntilSignal } from "@libs/elysia-server";
import { createLogger, createMetrics } from "@libs/monitoring";
import manifest from "../package.json" with { type: "json" };
import { createAiEngine } from "./create-ai-engine.ts";
import { aiEngineEnvironment, openProviders } from "./environment.ts";

const env = readEnvironment(aiEngineEnvironment, process.env);
const { version } = manifest;
const logger = createLogger({ name: "ai-engine", level: env.LOG_LEVEL });
const app = createAiEngine(
  { port: env.PORT, hostname: env.HOST, version, commit: env.GIT_COMMIT, builtAt: env.BUILD_TIME },
  { providers: openProviders(env), logger, metrics: createMetrics({ service: "ai-engine", version }) },
);
await runUntilSignal(app, { logger });
