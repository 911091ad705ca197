import { featureVector, features } from "../features/features.ts";
import type { LabelledSession } from "../features/read-csv.ts";
import { ensembleDefaults, EnsembleScorer, trainEnsemble } from "../learning/ensemble.ts";
import { type Examples, pickExamples } from "../learning/examples.ts";
import { measureQuality, type Quality } from "../learning/quality.ts";
import { createRandom, shuffled } from "../learning/random.ts";
import type { ModelFile } from "../model/model-file.ts";

export interface TrainingSource {
  readonly sessions: readonly LabelledSession[];
  /** The source of the data, for the model file. */
  readonly source: string;
  readonly licence?: string;
  readonly trainedAt: Date;
}

const foldCount = 4;

/** Trains on all sessions; the metrics in the file are of cross-validation, so they are of rows not trained on. */
export function trainModel({ sessions, source, licence, trainedAt }: TrainingSource): ModelFile {
  const examples = toExamples(sessions);
  const { rocAuc, logLoss, brier, calibrationError } = crossValidate(examples);
  const fingerprint = fingerprintOf(examples);
  return {
    format: "cartway-model/1",
    version: `${trainedAt.toISOString().slice(0, 10)}-${fingerprint.slice(0, 8)}`,
    trainedAt: trainedAt.toISOString(),
    target: "the session ends without a purchase",
    data: { source, rows: sessions.length, fingerprint, ...(licence === undefined ? {} : { licence }) },
    features: features.map((feature) => feature.name),
    settings: ensembleDefaults,
    metrics: { rocAuc, logLoss, brier, calibrationError },
    ensemble: trainEnsemble(examples) as ModelFile["ensemble"],
  };
}

export function toExamples(sessions: readonly LabelledSession[]): Examples {
  return {
    features: sessions.map(({ facts }) => featureVector(facts)),
    labels: Uint8Array.from(sessions, ({ purchased }) => (purchased ? 0 : 1)),
  };
}

/** Every row is scored by a model that has not seen it. */
function crossValidate(examples: Examples, seed = 1): Quality {
  const order = shuffled(examples.labels.length, createRandom(seed));
  const probabilities = new Float64Array(examples.labels.length);
  for (let fold = 0; fold < foldCount; fold += 1) {
    const isHeldOut = (_row: number, position: number): boolean => position % foldCount === fold;
    const train = order.filter((row, position) => !isHeldOut(row, position));
    const scorer = new EnsembleScorer(trainEnsemble(pickExamples(examples, train)));
    for (const row of order.filter(isHeldOut))
      probabilities[row] = scorer.probability(examples.features[row] ?? new Float64Array());
  }
  return measureQuality(probabilities, examples.labels);
}

function fingerprintOf({ features: rows, labels }: Examples): string {
  const hasher = new Bun.CryptoHasher("sha256");
  for (const row of rows) hasher.update(row);
  return hasher.update(labels).digest("hex");
}
