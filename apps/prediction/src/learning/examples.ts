/** Training data: one feature vector per session, and whether it ended without a purchase. */
export interface Examples {
  readonly features: readonly Float64Array[];
  /** 1 where the session ended without a purchase. */
  readonly labels: Uint8Array;
}

export function pickExamples(examples: Examples, indexes: ArrayLike<number>): Examples {
  const order = Array.from(indexes);
  return {
    features: order.map((index) => examples.features[index] ?? new Float64Array()),
    labels: Uint8Array.from(order, (index) => examples.labels[index] ?? 0),
  };
}
