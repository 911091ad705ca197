import { mean, sigmoid } from "./boost.ts";
import type { Examples } from "./examples.ts";

/** Weights over standardised features. */
export interface LogisticModel {
  readonly means: readonly number[];
  readonly deviations: readonly number[];
  readonly weights: readonly number[];
  readonly bias: number;
}

/** Logistic regression with an L2 penalty, by gradient descent with momentum: the baseline for the other models. */
export function fitLogistic({ features, labels }: Examples, penalty = 1e-3, steps = 600): LogisticModel {
  const width = features[0]?.length ?? 0;
  const column = (index: number) => Float64Array.from(features, (row) => row[index] ?? 0);
  const means = Array.from({ length: width }, (_, index) => mean(column(index)));
  const deviations = means.map(
    (center, index) => Math.sqrt(mean(column(index).map((value) => (value - center) ** 2))) || 1,
  );
  const rows = features.map((row) =>
    row.map((value, index) => (value - (means[index] ?? 0)) / (deviations[index] ?? 1)),
  );
  const weights = new Float64Array(width);
  const velocity = new Float64Array(width);
  let bias = 0;
  for (let step = 0; step < steps; step += 1) {
    const gradient = weights.map((weight) => weight * penalty);
    let biasGradient = 0;
    for (const [index, row] of rows.entries()) {
      const error = (sigmoid(dot(weights, row) + bias) - (labels[index] ?? 0)) / rows.length;
      for (let feature = 0; feature < width; feature += 1)
        gradient[feature] = (gradient[feature] ?? 0) + error * (row[feature] ?? 0);
      biasGradient += error;
    }
    for (let feature = 0; feature < width; feature += 1) {
      velocity[feature] = 0.9 * (velocity[feature] ?? 0) - 0.5 * (gradient[feature] ?? 0);
      weights[feature] = (weights[feature] ?? 0) + (velocity[feature] ?? 0);
    }
    bias -= 0.5 * biasGradient;
  }
  return { means, deviations, weights: [...weights], bias };
}

export function scoreLogistic(model: LogisticModel, features: Float64Array): number {
  const standardised = features.map(
    (value, index) => (value - (model.means[index] ?? 0)) / (model.deviations[index] ?? 1),
  );
  return sigmoid(dot(Float64Array.from(model.weights), standardised) + model.bias);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += (a[index] ?? 0) * (b[index] ?? 0);
  return sum;
}
