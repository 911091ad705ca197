import { measureQuality, type Quality } from "../learning/quality.ts";
import { Predictor } from "../model/predictor.ts";
import { toExamples, trainModel } from "../training/train-model.ts";
import { type Options, readSessions } from "./options.ts";

/** Trains on one file and measures the model's predictions on another. */
export async function evaluate(options: Options): Promise<void> {
  const train = await readSessions(options, "train");
  const test = toExamples(await readSessions(options, "test"));
  const startedAt = performance.now();
  const model = trainModel({ sessions: train, source: options["train"] ?? "", trainedAt: new Date() });
  const trainedSeconds = (performance.now() - startedAt) / 1000;
  const predictor = new Predictor(model);
  const probabilities = test.features.map((features) => predictor.probability(features));
  console.log(
    `trained on ${train.length} sessions in ${trainedSeconds.toFixed(1)} s (cross-validation included)`,
  );
  console.log(
    `cross-validated on the training data: ROC AUC ${model.metrics.rocAuc.toFixed(4)}, log loss ${model.metrics.logLoss.toFixed(4)}`,
  );
  printQuality(measureQuality(probabilities, test.labels));
  console.log(
    `\nmicroseconds to score one session   ${microsecondsPerScore(predictor, test.features).toFixed(1)}`,
  );
}

function printQuality(quality: Quality): void {
  console.log(`\nsessions            ${quality.rows}`);
  console.log(`ROC AUC             ${quality.rocAuc.toFixed(4)}`);
  console.log(`log loss            ${quality.logLoss.toFixed(4)}`);
  console.log(`Brier score         ${quality.brier.toFixed(4)}`);
  console.log(`calibration error   ${quality.calibrationError.toFixed(4)}`);
  console.log("\nprobability    sessions   predicted    observed");
  for (const { from, to, rows, meanProbability, observedShare } of quality.calibration) {
    const range = `${from.toFixed(1)} to ${to.toFixed(1)}`;
    console.log(
      `${range.padEnd(12)}${String(rows).padStart(11)}${meanProbability.toFixed(4).padStart(12)}${observedShare.toFixed(4).padStart(12)}`,
    );
  }
}

function microsecondsPerScore(predictor: Predictor, rows: readonly Float64Array[]): number {
  const rounds = Math.ceil(20_000 / rows.length);
  const startedAt = performance.now();
  for (let round = 0; round < rounds; round += 1) for (const row of rows) predictor.probability(row);
  return ((performance.now() - startedAt) * 1000) / (rounds * rows.length);
}
