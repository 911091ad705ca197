import type { Metrics } from "@libs/monitoring";
import type { ModelFile } from "../model/model-file.ts";

export interface PredictionMetrics {
  predicted(probability: number, seconds: number): void;
  trained(outcome: "kept" | "replaced" | "skipped" | "failed"): void;
  using(model: ModelFile): void;
}

export function createPredictionMetrics(metrics: Metrics): PredictionMetrics {
  const duration = metrics.histogram({
    name: "cartway_prediction_duration_seconds",
    help: "To answer POST /predict.",
  });
  const probabilities = metrics.histogram({
    name: "cartway_prediction_probability_ratio",
    help: "What was predicted: a shift shows that visits, or the model, have changed.",
    buckets: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
  });
  const trainings = metrics.counter({
    name: "cartway_prediction_trainings_total",
    help: "Trainings by the fate of the new model.",
    labels: ["outcome"],
  });
  const auc = metrics.gauge({
    name: "cartway_prediction_model_auc_ratio",
    help: "ROC AUC of the model in use, cross-validated.",
  });
  const trainedAt = metrics.gauge({
    name: "cartway_prediction_model_trained_timestamp_seconds",
    help: "When the model in use was trained.",
  });
  return {
    predicted(probability, seconds) {
      duration.observe(seconds);
      probabilities.observe(probability);
    },
    trained: (outcome) => trainings.with({ outcome }).inc(),
    using(model) {
      auc.set(model.metrics.rocAuc);
      trainedAt.set(Date.parse(model.trainedAt) / 1000);
    },
  };
}
