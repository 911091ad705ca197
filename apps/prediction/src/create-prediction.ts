import type { ClickHouseClient } from "@libs/database";
import { type App, createElysiaServer, type DrainOptions } from "@libs/elysia-server";
import type { Logger, Metrics } from "@libs/monitoring";
import shipped from "../models/online-shoppers.json" with { type: "json" };
import { ActivityLoader } from "./features/activity-loader.ts";
import { createPredictRoutes } from "./http/predict-routes.ts";
import { createPredictionMetrics } from "./http/prediction-metrics.ts";
import { checkModelFile } from "./model/model-file.ts";
import { ModelKeeper } from "./training/model-keeper.ts";

export interface PredictionConfig {
  readonly port: number | null;
  readonly hostname?: string;
  readonly version: string;
  readonly commit?: string | null;
  readonly builtAt?: string | null;
  readonly drain?: Partial<DrainOptions>;
  /** Where trained models are kept; `null` keeps them in memory only. */
  readonly modelDirectory: string | null;
  /** 0 trains on request only. */
  readonly trainEveryMs: number;
  readonly sessionsMin?: number;
  readonly quietMs?: number;
}

export interface PredictionDeps {
  readonly clickhouse: ClickHouseClient;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly now?: () => number;
}

/** How likely visits end without a purchase: a shipped model from the first moment, better ones as visits end. */
export function createPrediction(config: PredictionConfig, deps: PredictionDeps): App {
  const { clickhouse, logger, now = Date.now } = deps;
  const metrics = createPredictionMetrics(deps.metrics);
  const keeper = new ModelKeeper(
    {
      directory: config.modelDirectory,
      sessionsMin: config.sessionsMin ?? 2000,
      quietMs: config.quietMs ?? 1_800_000,
    },
    { shipped: checkModelFile(shipped), clickhouse, metrics, logger, now },
  );
  let schedule: NodeJS.Timeout | undefined;

  return createElysiaServer({
    name: "prediction",
    version: config.version,
    commit: config.commit ?? null,
    builtAt: config.builtAt ?? null,
    drain: config.drain ?? {},
    port: config.port,
    ...(config.hostname === undefined ? {} : { hostname: config.hostname }),
    logger,
    metrics: deps.metrics,
    behindGateway: true,
    stores: { clickhouse },
    routes: [
      createPredictRoutes({ keeper, loader: new ActivityLoader(clickhouse), clickhouse, metrics, now }),
    ],
    async onStart() {
      await keeper.restore();
      if (config.trainEveryMs === 0) return;
      schedule = setInterval(() => {
        keeper.train().catch((error: unknown) => logger.warn({ err: error }, "a scheduled training failed"));
      }, config.trainEveryMs);
    },
    async onStop() {
      clearInterval(schedule);
    },
  });
}
