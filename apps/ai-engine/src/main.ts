import { openService } from "@libs/elysia-server";
import manifest from "../package.json" with { type: "json" };
import { createAiEngine } from "./create-ai-engine.ts";
import { aiEngineEnvironment, openProviders } from "./environment.ts";

const { version } = manifest;
const { env, settings, telemetry, run } = await openService(
  { name: "ai-engine", version, environment: aiEngineEnvironment },
  process.env,
);
await run(createAiEngine(settings, { ...telemetry, providers: openProviders(env) }));
