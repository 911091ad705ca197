import type { ClickHouseClient } from "@libs/database";
import { type App, createElysiaServer, type ServerConfig, startBackground } from "@libs/elysia-server";
import type { Telemetry } from "@libs/monitoring";
import shipped from "../models/online-shoppers.json" with { type: "json" };
import { ActivityLoader, type Readable } from "./features/activity-loader.ts";
import { createPredictRoutes } from "./http/predict-routes.ts";
import { createPredictionMetrics } from "./http/prediction-metrics.ts";
import { checkModelFile } from "./model/model-file.ts";
import { ModelKeeper } from "./training/model-keeper.ts";
import { lookEveryMs, trainWhenDue } from "./training/train-when-due.ts";

export interface PredictionConfig extends ServerConfig {
  /** Where trained models are kept; `null` keeps them in memory only. */
  readonly modelDirectory: string | null;
  /** Interval between trainings, across restarts; 0 trains only on request. */
  readonly trainEveryMs: number;
  readonly sessionsMin?: number;
  readonly quietMs?: number;
}

export interface PredictionDeps extends Telemetry {
  readonly clickhouse: ClickHouseClient;
  readonly readable?: Readable;
  readonly now?: () => number;
}

/** Predicts whether visits end without a purchase: with the shipped model at first, with retrained ones as visits end. */
export function createPrediction(config: PredictionConfig, deps: PredictionDeps): App {
  const { clickhouse, readable = () => Promise.resolve(), now = Date.now, ...telemetry } = deps;
  const { modelDirectory, trainEveryMs, sessionsMin = 2000, quietMs = 1_800_000, ...server } = config;
  const { logger } = telemetry;
  const metrics = createPredictionMetrics(telemetry.metrics);
  const keeper = new ModelKeeper(
    { directory: modelDirectory, sessionsMin, quietMs },
    { shipped: checkModelFile(shipped), clickhouse, metrics, logger, now },
  );
  const schedule = { everyMs: trainEveryMs, now };
  let endTraining = (): Promise<void> => Promise.resolve();

  return createElysiaServer({
    ...server,
    ...telemetry,
    name: "prediction",
    behindGateway: true,
    stores: { clickhouse },
    routes: [
      createPredictRoutes({
        keeper,
        loader: new ActivityLoader(clickhouse, readable),
        clickhouse,
        readable,
        metrics,
        now,
      }),
    ],
    async onStart() {
      await keeper.restore();
      if (trainEveryMs === 0) return;
      const work = (): Promise<void> => trainWhenDue(keeper, schedule);
      endTraining = startBackground(
        [{ name: "train a model", everyMs: lookEveryMs(schedule), work }],
        logger,
      );
    },
    onStop() {
      // a training in progress is not awaited: it would delay the exit for minutes, and is repeated later
      void endTraining();
      return Promise.resolve();
    },
  });
}
