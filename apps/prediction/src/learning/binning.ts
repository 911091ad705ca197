/** Features as small integers, on which trees are grown. `cuts[f][b]` is the largest value of bin `b` of feature `f`. */
export interface BinnedFeatures {
  readonly rows: number;
  readonly cuts: readonly Float64Array[];
  /** By feature: the bin of every row. */
  readonly bins: readonly Uint8Array[];
}

/** Maximum bins per feature; more gained nothing on the data. */
const binsMax = 128;

/** Cuts every feature at quantiles, so that each bin has about as many rows. */
export function binFeatures(features: readonly Float64Array[]): BinnedFeatures {
  const count = features[0]?.length ?? 0;
  const cuts: Float64Array[] = [];
  const bins: Uint8Array[] = [];
  for (let feature = 0; feature < count; feature += 1) {
    const values = Float64Array.from(features, (row) => row[feature] ?? 0);
    const featureCuts = quantileCuts(values);
    cuts.push(featureCuts);
    bins.push(Uint8Array.from(values, (value) => binOf(featureCuts, value)));
  }
  return { rows: features.length, cuts, bins };
}

/** Midpoints between neighbouring distinct values, thinned to quantiles where there are more of them than bins. */
function quantileCuts(values: Float64Array): Float64Array {
  const sorted = values.toSorted();
  const distinct = [...new Set(sorted)];
  if (distinct.length <= binsMax) return midpoints(distinct);
  const picked = new Set<number>();
  for (let bin = 1; bin <= binsMax; bin += 1) {
    picked.add(sorted[Math.min(sorted.length - 1, Math.floor((bin * sorted.length) / binsMax))] ?? 0);
  }
  return midpoints([...new Set([distinct[0] ?? 0, ...picked])].toSorted((a, b) => a - b));
}

function midpoints(distinct: readonly number[]): Float64Array {
  return Float64Array.from(distinct.slice(1), (value, index) => (value + (distinct[index] ?? value)) / 2);
}

/** How many cuts lie below the value: the first bin is 0. */
function binOf(cuts: Float64Array, value: number): number {
  let low = 0;
  let high = cuts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value > (cuts[middle] ?? 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}
