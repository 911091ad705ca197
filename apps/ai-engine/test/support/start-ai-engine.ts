import type { App } from "@libs/elysia-server";
import { createMemoryLogger, createMetrics, type Metrics } from "@libs/monitoring";
import { createAiEngine } from "../../src/create-ai-engine.ts";
import type { ChainOptions } from "../../src/providers/provider-chain.ts";
import type { ModelServer } from "./model-servers.ts";

export interface RunningEngine extends AsyncDisposable {
  readonly url: string;
  readonly metrics: Metrics;
  post(path: string, body: object, headers?: Record<string, string>): Promise<Response>;
}

/** Starts the ai-engine on a free port with these models; stopping it stops them. */
export async function startAiEngine(
  models: readonly ModelServer[],
  options: { readonly chain?: Partial<ChainOptions>; readonly writingMs?: number } = {},
): Promise<RunningEngine> {
  const metrics = createMetrics({ service: "ai-engine", processMetrics: false });
  const app: App = createAiEngine(
    { port: 0, hostname: "127.0.0.1", version: "test", ...options },
    { providers: models.map(({ provider }) => provider), logger: createMemoryLogger().logger, metrics },
  );
  await app.start();
  const url = app.address?.url ?? "";
  return {
    url,
    metrics,
    post: async (path, body, headers = {}) =>
      await fetch(`${url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      }),
    async [Symbol.asyncDispose]() {
      for (const model of models) model[Symbol.dispose]();
      await app.stop();
    },
  };
}
