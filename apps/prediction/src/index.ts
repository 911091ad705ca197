export { createPrediction, type PredictionConfig, type PredictionDeps } from "./create-prediction.ts";
export { predictionEnvironment } from "./environment.ts";
export { type LabelledSession, readCsv } from "./features/read-csv.ts";
export type { PageGroup } from "./features/session-facts.ts";
export { rocAuc } from "./learning/quality.ts";
export { readTrainingSessions } from "./training/training-data.ts";
