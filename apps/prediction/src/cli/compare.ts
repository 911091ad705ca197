import { boost, sigmoid } from "../learning/boost.ts";
import { EnsembleScorer, ensembleDefaults, trainEnsemble } from "../learning/ensemble.ts";
import { type Examples, pickExamples } from "../learning/examples.ts";
import { growForest } from "../learning/forest.ts";
import { fitLogistic, scoreLogistic } from "../learning/logistic.ts";
import { measureQuality } from "../learning/quality.ts";
import { createRandom, shuffled } from "../learning/random.ts";
import { FlatTrees } from "../learning/tree.ts";
import { toExamples } from "../training/train-model.ts";
import { type Options, readSessions } from "./options.ts";

type Family = (examples: Examples) => (features: Float64Array) => number;

const families: Readonly<Record<string, Family>> = {
  "logistic regression": (examples) => {
    const model = fitLogistic(examples);
    return (features) => scoreLogistic(model, features);
  },
  "random forest": (examples) => {
    const trees = growForest(examples, {
      ...ensembleDefaults.forest,
      trees: 300,
      leavesMax: 512,
      leafRowsMin: 5,
    });
    const flat = new FlatTrees(trees);
    return (features) => flat.sum(features) / trees.length;
  },
  "boosted trees": (examples) => {
    const { base, trees } = boost(examples, { ...ensembleDefaults.boost, seed: 1 });
    const flat = new FlatTrees(trees);
    return (features) => sigmoid(base + flat.sum(features));
  },
  "boosted trees and forest": (examples) => {
    const scorer = new EnsembleScorer(trainEnsemble(examples));
    return (features) => scorer.probability(features);
  },
};

const foldCount = 5;

/** Cross-validates every family on the same folds, and repeats with other folds. */
export async function compareFamilies(options: Options): Promise<void> {
  const examples = toExamples(await readSessions(options, "data"));
  console.log("family                      ROC AUC   log loss   calibration error");
  for (const [name, family] of Object.entries(families)) {
    const rounds = [1, 2].map((seed) => crossValidated(family, examples, seed));
    const mean = (pick: (quality: (typeof rounds)[number]) => number) =>
      rounds.reduce((sum, one) => sum + pick(one), 0) / rounds.length;
    const cells = [mean((q) => q.rocAuc), mean((q) => q.logLoss), mean((q) => q.calibrationError)];
    console.log(name.padEnd(26) + cells.map((value) => value.toFixed(4).padStart(10)).join(" "));
  }
}

function crossValidated(family: Family, examples: Examples, seed: number) {
  const order = [...shuffled(examples.labels.length, createRandom(seed))];
  const probabilities = new Float64Array(examples.labels.length);
  for (let fold = 0; fold < foldCount; fold += 1) {
    const train = order.filter((_row, position) => position % foldCount !== fold);
    const score = family(pickExamples(examples, train));
    for (const row of order.filter((_row, position) => position % foldCount === fold)) {
      probabilities[row] = score(examples.features[row] ?? new Float64Array());
    }
  }
  return measureQuality(probabilities, examples.labels);
}
