import { openService } from "@libs/elysia-server";
import manifest from "../package.json" with { type: "json" };
import { createAiEngine } from "./create-ai-engine.ts";
import { aiEngineEnvironment, openProviders, providerTimes } from "./environment.ts";

const { version } = manifest;
const { env, settings, telemetry, run } = openService(
  { name: "ai-engine", version, environment: aiEngineEnvironment },
  process.env,
);
await run(
  createAiEngine(
    { ...settings, chain: providerTimes(env) },
    { ...telemetry, providers: openProviders(env, process.env) },
  ),
);
