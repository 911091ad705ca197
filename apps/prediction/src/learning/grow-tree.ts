import type { BinnedFeatures } from "./binning.ts";
import type { Tree } from "./tree.ts";

/** First and second derivative of the loss for every row. */
export interface Gradients {
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
}

export interface GrowthLimits {
  readonly leavesMax: number;
  /** Smallest sum of second derivatives in a leaf. */
  readonly leafHessianMin: number;
  readonly leafRowsMin: number;
  /** L2 regularization: shrinks the values of leaves with few rows. */
  readonly shrinkage: number;
  /** Share of the features that each split considers, drawn at random. */
  readonly featureShare: number;
}

/** The parameters and data that decide every split of a tree. */
export interface Growth {
  readonly data: BinnedFeatures;
  readonly gradients: Gradients;
  readonly limits: GrowthLimits;
  readonly random: () => number;
}

interface Leaf {
  readonly node: number;
  readonly rows: Uint32Array;
  readonly gradient: number;
  readonly hessian: number;
  readonly split: Split | null;
}

interface Split {
  readonly feature: number;
  readonly bin: number;
  readonly gain: number;
}

/**
 * Grows one tree on histograms, always at the leaf where a split gains most (Ke et al., LightGBM, 2017), with the
 * second-order gain and leaf values of Chen and Guestrin (XGBoost, 2016).
 */
export function growTree(rows: Uint32Array, growth: Growth): Tree {
  const { data, gradients, limits } = growth;
  const tree = { feature: [-1], threshold: [0], left: [0], right: [0], value: [0] };
  const openLeaf = (node: number, leafRows: Uint32Array): Leaf => {
    let gradient = 0;
    let hessian = 0;
    for (const row of leafRows) {
      gradient += gradients.gradient[row] ?? 0;
      hessian += gradients.hessian[row] ?? 0;
    }
    tree.value[node] = -gradient / (hessian + limits.shrinkage);
    const split = findSplit(leafRows, { gradient, hessian }, growth);
    return { node, rows: leafRows, gradient, hessian, split };
  };
  const leaves: Leaf[] = [openLeaf(0, rows)];
  while (leaves.length < limits.leavesMax) {
    const best = indexOfBest(leaves);
    const leaf = leaves[best];
    if (leaf?.split === null || leaf === undefined) break;
    const { feature, bin } = leaf.split;
    const [leftRows, rightRows] = divide(data.bins[feature] ?? new Uint8Array(), leaf.rows, bin);
    const left = tree.feature.length;
    for (const column of [tree.threshold, tree.left, tree.right, tree.value]) column.push(0, 0);
    tree.feature.push(-1, -1);
    tree.feature[leaf.node] = feature;
    tree.threshold[leaf.node] = data.cuts[feature]?.[bin] ?? 0;
    tree.left[leaf.node] = left;
    tree.right[leaf.node] = left + 1;
    leaves.splice(best, 1, openLeaf(left, leftRows), openLeaf(left + 1, rightRows));
  }
  return tree;
}

function indexOfBest(leaves: readonly Leaf[]): number {
  let best = 0;
  for (const [index, leaf] of leaves.entries()) {
    if ((leaf.split?.gain ?? -1) > (leaves[best]?.split?.gain ?? -1)) best = index;
  }
  return best;
}

function divide(bins: Uint8Array, rows: Uint32Array, bin: number): [Uint32Array, Uint32Array] {
  const left = rows.filter((row) => (bins[row] ?? 0) <= bin);
  const right = rows.filter((row) => (bins[row] ?? 0) > bin);
  return [left, right];
}

interface Sums {
  readonly gradient: number;
  readonly hessian: number;
}

// Histograms of one feature, reused for every split: there are at most 256 bins.
const gradientSums = new Float64Array(256);
const hessianSums = new Float64Array(256);
const rowCounts = new Uint32Array(256);

function findSplit(
  rows: Uint32Array,
  total: Sums,
  { data, gradients, limits, random }: Growth,
): Split | null {
  if (rows.length < 2 * limits.leafRowsMin) return null;
  let best: Split | null = null;
  for (let feature = 0; feature < data.bins.length; feature += 1) {
    const binCount = (data.cuts[feature]?.length ?? 0) + 1;
    if (binCount < 2 || random() >= limits.featureShare) continue;
    fillHistograms(rows, data.bins[feature] ?? new Uint8Array(), binCount, gradients);
    const found = bestBin(binCount, { ...total, rows: rows.length }, limits);
    if (found !== null && found.gain > (best?.gain ?? 0)) best = { feature, ...found };
  }
  return best;
}

function fillHistograms(
  rows: Uint32Array,
  bins: Uint8Array,
  binCount: number,
  { gradient, hessian }: Gradients,
): void {
  gradientSums.fill(0, 0, binCount);
  hessianSums.fill(0, 0, binCount);
  rowCounts.fill(0, 0, binCount);
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index] as number;
    const bin = bins[row] as number;
    gradientSums[bin] = (gradientSums[bin] as number) + (gradient[row] as number);
    hessianSums[bin] = (hessianSums[bin] as number) + (hessian[row] as number);
    rowCounts[bin] = (rowCounts[bin] as number) + 1;
  }
}

/** The bin after which to split the feature whose histograms are loaded; `null` where no split within the limits gains anything. */
function bestBin(
  binCount: number,
  total: Sums & { readonly rows: number },
  { shrinkage, leafHessianMin, leafRowsMin }: GrowthLimits,
): Omit<Split, "feature"> | null {
  const parentScore = total.gradient ** 2 / (total.hessian + shrinkage);
  let best: Omit<Split, "feature"> | null = null;
  let leftGradient = 0;
  let leftHessian = 0;
  let leftRows = 0;
  for (let bin = 0; bin < binCount - 1; bin += 1) {
    leftGradient += gradientSums[bin] as number;
    leftHessian += hessianSums[bin] as number;
    leftRows += rowCounts[bin] as number;
    if (leftRows < leafRowsMin || leftHessian < leafHessianMin) continue;
    const rightHessian = total.hessian - leftHessian;
    if (total.rows - leftRows < leafRowsMin || rightHessian < leafHessianMin) break;
    const rightGradient = total.gradient - leftGradient;
    const gain =
      leftGradient ** 2 / (leftHessian + shrinkage) +
      rightGradient ** 2 / (rightHessian + shrinkage) -
      parentScore;
    if (gain > 1e-9 && gain > (best?.gain ?? 0)) best = { bin, gain };
  }
  return best;
}
