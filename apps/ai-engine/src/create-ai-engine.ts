import { type App, createElysiaServer, type ServerConfig } from "@libs/elysia-server";
import type { Telemetry } from "@libs/monitoring";
import { createAiMetrics } from "./ai-metrics.ts";
import { createChatRoutes } from "./http/chat-routes.ts";
import { createMessageRoutes } from "./http/message-routes.ts";
import type { ChatProvider } from "./providers/provider.ts";
import { chainDefaults, type ChainOptions, ProviderChain } from "./providers/provider-chain.ts";

export interface AiEngineConfig extends ServerConfig {
  readonly chain?: Partial<ChainOptions>;
  /** For all model calls of one recovery message; 45 s by default. */
  readonly writingMs?: number;
}

export interface AiEngineDeps extends Telemetry {
  /** In the order in which they are called; without any, recovery messages come from the templates. */
  readonly providers: readonly ChatProvider[];
  /** Wall-clock time. */
  readonly now?: () => number;
}

/** Recovery messages from a language model, or from templates where none is configured. */
export function createAiEngine(
  { chain: chainOptions, writingMs = 45_000, ...server }: AiEngineConfig,
  { providers, now = Date.now, ...telemetry }: AiEngineDeps,
): App {
  const { logger } = telemetry;
  const metrics = createAiMetrics(telemetry.metrics);
  const chain = new ProviderChain(
    providers,
    { logger, metrics, now: () => performance.now() },
    { ...chainDefaults, ...chainOptions },
  );
  return createElysiaServer({
    ...server,
    ...telemetry,
    name: "ai-engine",
    behindGateway: true,
    routes: [createMessageRoutes({ chain, metrics, logger, writingMs }), createChatRoutes(chain, now)],
  });
}
