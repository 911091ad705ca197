import type { ClickHouseClient } from "@libs/database";
import { CartwayError } from "@libs/errors";
import { type AnyElysia, Elysia } from "elysia";
import type { ActivityLoader, Readable } from "../features/activity-loader.ts";
import { featureVector } from "../features/features.ts";
import { findSessionOfCart } from "../features/session-activity.ts";
import { predictLive } from "../model/live-prediction.ts";
import type { Prediction } from "../model/predictor.ts";
import type { ModelKeeper } from "../training/model-keeper.ts";
import { modelAnswers, modelsAnswers, predictionAnswers, trainingAnswers } from "./answers.ts";
import { factsOf, PredictRequest, type PredictRequestBody } from "./predict-request.ts";
import type { PredictionMetrics } from "./prediction-metrics.ts";

export interface PredictRoutesParts {
  readonly keeper: ModelKeeper;
  readonly loader: ActivityLoader;
  readonly clickhouse: ClickHouseClient;
  readonly readable: Readable;
  readonly metrics: PredictionMetrics;
  readonly now: () => number;
}

/** `POST /predict`, and information about the models. */
export function createPredictRoutes(parts: PredictRoutesParts): AnyElysia {
  const { keeper } = parts;
  return new Elysia({ name: "prediction/predict" })
    .post("/predict", ({ body }) => predict(body, parts), {
      body: PredictRequest,
      detail: {
        summary: "Predict the probability that a visit ends without a purchase, with reasons",
        tags: ["prediction"],
        responses: predictionAnswers,
      },
    })
    .get("/models", () => ({ models: keeper.all().map(withoutTrees) }), {
      detail: {
        summary: "List the models, the one in use first",
        tags: ["prediction"],
        responses: modelsAnswers,
      },
    })
    .get("/models/current", () => withoutTrees(keeper.current().file), {
      detail: { summary: "Get the model in use", tags: ["prediction"], responses: modelAnswers },
    })
    .post("/train", () => keeper.train(), {
      parse: "none",
      detail: {
        summary: "Train on the current events; the better model is kept",
        tags: ["prediction"],
        responses: trainingAnswers,
      },
    });
}

function withoutTrees({ ensemble, ...rest }: ReturnType<ModelKeeper["current"]>["file"]) {
  return { ...rest, trees: ensemble.boosted.length + ensemble.forest.length };
}

async function predict(body: PredictRequestBody, parts: PredictRoutesParts): Promise<Prediction> {
  const startedAt = performance.now();
  const prediction = "features" in body ? predictGiven(body, parts) : await predictVisit(body, parts);
  parts.metrics.predicted(prediction.probability, (performance.now() - startedAt) / 1000);
  return prediction;
}

function predictGiven(
  { features }: Extract<PredictRequestBody, { features: unknown }>,
  { keeper, now }: PredictRoutesParts,
): Prediction {
  const facts = factsOf(features, new Date(now()));
  if (facts === null) {
    throw new CartwayError("validation_failed", {
      details: [{ path: "/features/month", message: "is no month", expected: "a month such as Nov" }],
    });
  }
  return keeper.current().predict(featureVector(facts));
}

async function predictVisit(
  asked: Exclude<PredictRequestBody, { features: unknown }>,
  { keeper, loader, clickhouse, readable, now }: PredictRoutesParts,
): Promise<Prediction> {
  const find = (cartId: string): Promise<string | null> => findSessionOfCart(clickhouse, cartId);
  const sessionId =
    "sessionId" in asked
      ? asked.sessionId
      : ((await find(asked.cartId)) ?? (await readable().then(() => find(asked.cartId))));
  const activity = sessionId === null ? null : await loader.load(sessionId);
  if (activity === null)
    throw new CartwayError("not_found", { message: "Nothing is known of this session or cart." });
  return predictLive(keeper.current(), activity, now());
}
