import { binFeatures } from "./binning.ts";
import { boost, type BoostSettings, mean, sigmoid } from "./boost.ts";
import type { Examples } from "./examples.ts";
import { type ForestSettings, growForest } from "./forest.ts";
import { FlatTrees, type Tree } from "./tree.ts";

/** The mean of several boosted ensembles (of log-odds) and a random forest (of probabilities): their errors differ. */
export interface Ensemble {
  readonly base: number;
  /** Already divided by the number of boosted ensembles: all of them add up to one set of log-odds. */
  readonly boosted: readonly Tree[];
  readonly forest: readonly Tree[];
}

export interface EnsembleSettings {
  readonly boost: Omit<BoostSettings, "seed">;
  readonly boostSeeds: readonly number[];
  readonly forest: ForestSettings;
}

/** Chosen by cross-validation: README.md has the results. */
export const ensembleDefaults: EnsembleSettings = {
  boost: {
    trees: 400,
    learningRate: 0.03,
    leavesMax: 8,
    rowShare: 0.6,
    featureShare: 0.4,
    shrinkage: 5,
    leafRowsMin: 20,
    leafHessianMin: 1,
  },
  boostSeeds: [1, 2],
  forest: { trees: 120, leavesMax: 120, leafRowsMin: 8, featureShare: 0.3, seed: 1 },
};

export function trainEnsemble(examples: Examples, settings: EnsembleSettings = ensembleDefaults): Ensemble {
  const data = binFeatures(examples.features);
  const share = 1 / settings.boostSeeds.length;
  const boosters = settings.boostSeeds.map((seed) => boost(examples, { ...settings.boost, seed }, data));
  return {
    base: mean(boosters.map((booster) => booster.base)),
    boosted: boosters.flatMap(({ trees }) => trees.map((tree) => scaled(tree, share))),
    forest: growForest(examples, settings.forest, data),
  };
}

function scaled(tree: Tree, factor: number): Tree {
  return { ...tree, value: tree.value.map((value) => value * factor) };
}

/** An ensemble in a layout for scoring. */
export class EnsembleScorer {
  readonly #base: number;
  readonly #boosted: FlatTrees;
  readonly #forest: FlatTrees;
  readonly #forestSize: number;

  constructor({ base, boosted, forest }: Ensemble) {
    this.#base = base;
    this.#boosted = new FlatTrees(boosted);
    this.#forest = new FlatTrees(forest);
    this.#forestSize = Math.max(1, forest.length);
  }

  /** The probability that the session ends without a purchase. */
  probability(features: Float64Array): number {
    return (
      (sigmoid(this.#base + this.#boosted.sum(features)) + this.#forest.sum(features) / this.#forestSize) / 2
    );
  }

  /**
   * By feature, how far it moved the probability: steps of the forest directly, steps of the boosted trees scaled by the slope
   * of the logistic curve at this session.
   */
  effects(features: Float64Array): Float64Array {
    const boostedProbability = sigmoid(this.#base + this.#boosted.sum(features));
    const slope = Math.max(0.02, boostedProbability * (1 - boostedProbability));
    const effects = new Float64Array(features.length);
    this.#boosted.addEffects(features, effects, slope / 2);
    this.#forest.addEffects(features, effects, 1 / (2 * this.#forestSize));
    return effects;
  }
}
