/**
 * A binary tree as columns, node 0 the root. Inner nodes go left where `features[feature] <= threshold`; a leaf has
 * `feature` -1. `value` is the tree's output if it ended at that node: the output at leaves, and at inner nodes
 * the mean of those below, from which the effect of each step down is computed.
 */
export interface Tree {
  readonly feature: readonly number[];
  readonly threshold: readonly number[];
  readonly left: readonly number[];
  readonly right: readonly number[];
  readonly value: readonly number[];
}

/** Many trees in contiguous memory, for scoring. */
export class FlatTrees {
  readonly #feature: Int16Array;
  readonly #threshold: Float64Array;
  readonly #left: Int32Array;
  readonly #right: Int32Array;
  readonly #value: Float64Array;
  readonly #roots: Int32Array;

  constructor(trees: readonly Tree[]) {
    const starts: number[] = [];
    let nodes = 0;
    for (const tree of trees) {
      starts.push(nodes);
      nodes += tree.feature.length;
    }
    this.#roots = Int32Array.from(starts);
    this.#feature = new Int16Array(nodes);
    this.#threshold = new Float64Array(nodes);
    this.#left = new Int32Array(nodes);
    this.#right = new Int32Array(nodes);
    this.#value = new Float64Array(nodes);
    for (const [index, tree] of trees.entries()) {
      const start = starts[index] ?? 0;
      this.#feature.set(tree.feature, start);
      this.#threshold.set(tree.threshold, start);
      this.#left.set(
        tree.left.map((node) => node + start),
        start,
      );
      this.#right.set(
        tree.right.map((node) => node + start),
        start,
      );
      this.#value.set(tree.value, start);
    }
  }

  /** The sum of the trees' outputs. */
  sum(features: Float64Array): number {
    let total = 0;
    for (const root of this.#roots) total += this.#value[this.#leafOf(root, features)] ?? 0;
    return total;
  }

  /**
   * Adds to `effects`, by feature, the change at each step down the trees. With the mean of the roots they add up to `sum`.
   * (A. Saabas, "Interpreting random forests", 2014.)
   */
  addEffects(features: Float64Array, effects: Float64Array, scale: number): void {
    for (const root of this.#roots) {
      let node = root;
      for (let feature = this.#feature[node] ?? -1; feature >= 0; feature = this.#feature[node] ?? -1) {
        const child = this.#childOf(node, feature, features);
        const change = (this.#value[child] ?? 0) - (this.#value[node] ?? 0);
        effects[feature] = (effects[feature] ?? 0) + change * scale;
        node = child;
      }
    }
  }

  #leafOf(root: number, features: Float64Array): number {
    let node = root;
    for (let feature = this.#feature[node] ?? -1; feature >= 0; feature = this.#feature[node] ?? -1) {
      node = this.#childOf(node, feature, features);
    }
    return node;
  }

  #childOf(node: number, feature: number, features: Float64Array): number {
    const isLeft = (features[feature] ?? 0) <= (this.#threshold[node] ?? 0);
    return (isLeft ? this.#left[node] : this.#right[node]) ?? 0;
  }
}
