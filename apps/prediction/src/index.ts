export { createPrediction, type PredictionConfig, type PredictionDeps } from "./create-prediction.ts";
export { predictionEnvironment } from "./environment.ts";
