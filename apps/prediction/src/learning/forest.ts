import { binFeatures } from "./binning.ts";
import type { Examples } from "./examples.ts";
import { growTree } from "./grow-tree.ts";
import { createRandom } from "./random.ts";
import type { Tree } from "./tree.ts";

export interface ForestSettings {
  readonly trees: number;
  readonly leavesMax: number;
  readonly leafRowsMin: number;
  readonly featureShare: number;
  readonly seed: number;
}

/** A random forest (Breiman, 2001): the mean of its trees' outputs is the probability of the label. */
export function growForest(
  examples: Examples,
  settings: ForestSettings,
  data = binFeatures(examples.features),
): readonly Tree[] {
  const random = createRandom(settings.seed);
  // With squared loss around zero, a leaf's output is the mean label of its rows.
  const gradient = Float64Array.from(examples.labels, (label) => -label);
  const hessian = new Float64Array(data.rows).fill(1);
  const limits = { ...settings, leafHessianMin: 0, shrinkage: 1e-9 };
  return Array.from({ length: settings.trees }, () => {
    const rows = Uint32Array.from({ length: data.rows }, () => Math.floor(random() * data.rows)).toSorted();
    return growTree(rows, { data, gradients: { gradient, hessian }, limits, random });
  });
}
