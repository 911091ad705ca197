import { type BinnedFeatures, binFeatures } from "./binning.ts";
import type { Examples } from "./examples.ts";
import { type GrowthLimits, growTree } from "./grow-tree.ts";
import { createRandom, shuffled } from "./random.ts";
import { type Tree } from "./tree.ts";

export interface BoostSettings extends GrowthLimits {
  readonly trees: number;
  /** Weight of each tree. */
  readonly learningRate: number;
  /** Share of the rows that each tree sees. */
  readonly rowShare: number;
  readonly seed: number;
}

/** Trees whose outputs, added to `base`, are the log-odds of the label. */
export interface BoostedTrees {
  readonly base: number;
  readonly trees: readonly Tree[];
}

/** Gradient boosting of the log loss (Friedman, 2001), each tree on a random part of the rows. */
export function boost(
  examples: Examples,
  settings: BoostSettings,
  data = binFeatures(examples.features),
): BoostedTrees {
  const random = createRandom(settings.seed);
  const base = logOdds(mean(examples.labels));
  const scores = new Float64Array(data.rows).fill(base);
  const gradient = new Float64Array(data.rows);
  const hessian = new Float64Array(data.rows);
  const trees: Tree[] = [];
  for (let index = 0; index < settings.trees; index += 1) {
    for (let row = 0; row < data.rows; row += 1) {
      const probability = sigmoid(scores[row] ?? 0);
      gradient[row] = probability - (examples.labels[row] ?? 0);
      hessian[row] = probability * (1 - probability);
    }
    const rows = shuffled(data.rows, random).subarray(0, Math.ceil(data.rows * settings.rowShare));
    const grown = growTree(rows, { data, gradients: { gradient, hessian }, limits: settings, random });
    const tree = { ...grown, value: grown.value.map((value) => value * settings.learningRate) };
    trees.push(tree);
    addAnswers(tree, data, scores);
  }
  return { base, trees };
}

/** Adds the tree's output for every row, using the bins it was grown on. */
function addAnswers(tree: Tree, data: BinnedFeatures, scores: Float64Array): void {
  const cutBins = tree.feature.map((feature, node) =>
    feature < 0 ? 0 : (data.cuts[feature]?.indexOf(tree.threshold[node] ?? 0) ?? 0),
  );
  for (let row = 0; row < data.rows; row += 1) {
    let node = 0;
    for (let feature = tree.feature[0] ?? -1; feature >= 0; feature = tree.feature[node] ?? -1) {
      const isLeft = (data.bins[feature]?.[row] ?? 0) <= (cutBins[node] ?? 0);
      node = (isLeft ? tree.left[node] : tree.right[node]) ?? 0;
    }
    scores[row] = (scores[row] ?? 0) + (tree.value[node] ?? 0);
  }
}

export function sigmoid(score: number): number {
  return 1 / (1 + Math.exp(-score));
}

function logOdds(probability: number): number {
  return Math.log(probability / (1 - probability));
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += values[index] ?? 0;
  return sum / values.length;
}
