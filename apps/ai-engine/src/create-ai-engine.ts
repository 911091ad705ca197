import { type App, createElysiaServer, type DrainOptions } from "@libs/elysia-server";
import type { Logger, Metrics } from "@libs/monitoring";
import { createAiMetrics } from "./ai-metrics.ts";
import { createChatRoutes } from "./http/chat-routes.ts";
import { createMessageRoutes } from "./http/message-routes.ts";
import type { ChatProvider } from "./providers/provider.ts";
import { chainDefaults, type ChainOptions, ProviderChain } from "./providers/provider-chain.ts";

export interface AiEngineConfig {
  readonly port: number | null;
  readonly hostname?: string;
  readonly version: string;
  readonly commit?: string | null;
  readonly builtAt?: string | null;
  readonly drain?: Partial<DrainOptions>;
  readonly chain?: Partial<ChainOptions>;
}

export interface AiEngineDeps {
  /** In the order in which they are asked; none leaves recovery messages to the templates. */
  readonly providers: readonly ChatProvider[];
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly now?: () => number;
}

/** Recovery messages from a language model, or from templates where there is none. */
export function createAiEngine(
  config: AiEngineConfig,
  { providers, logger, metrics, now = Date.now }: AiEngineDeps,
): App {
  const aiMetrics = createAiMetrics(metrics);
  const chain = new ProviderChain(
    providers,
    { logger, metrics: aiMetrics, now },
    { ...chainDefaults, ...config.chain },
  );
  return createElysiaServer({
    name: "ai-engine",
    version: config.version,
    commit: config.commit ?? null,
    builtAt: config.builtAt ?? null,
    drain: config.drain ?? {},
    port: config.port,
    ...(config.hostname === undefined ? {} : { hostname: config.hostname }),
    logger,
    metrics,
    behindGateway: true,
    routes: [createMessageRoutes({ chain, metrics: aiMetrics, logger }), createChatRoutes(chain, now)],
  });
}
