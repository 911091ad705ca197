import { EnvironmentError, openService } from "@libs/elysia-server";
import manifest from "../package.json" with { type: "json" };
import { createAiEngine } from "./create-ai-engine.ts";
import { aiEngineEnvironment, openProviders, providerTimes } from "./environment.ts";
import type { ChatProvider } from "./providers/provider.ts";

const { version } = manifest;
const { env, settings, telemetry, run } = openService(
  { name: "ai-engine", version, environment: aiEngineEnvironment },
  process.env,
);
await run(
  createAiEngine({ ...settings, chain: providerTimes(env) }, { ...telemetry, providers: requireProviders() }),
);

/** Like `requireEnvironment`: prints the problems without a stack and exits with 1. */
function requireProviders(): readonly ChatProvider[] {
  try {
    return openProviders(env, process.env);
  } catch (thrown) {
    if (!(thrown instanceof EnvironmentError)) throw thrown;
    process.stderr.write(`${thrown.message}\n`);
    process.exit(1);
  }
}
