import { describe, expect, test } from "bun:test";
import { boost, sigmoid } from "./boost.ts";
import { EnsembleScorer, ensembleDefaults, trainEnsemble } from "./ensemble.ts";
import type { Examples } from "./examples.ts";
import { fitLogistic, scoreLogistic } from "./logistic.ts";
import { measureQuality, rocAuc } from "./quality.ts";
import { createRandom } from "./random.ts";
import { FlatTrees } from "./tree.ts";

/** Two features decide together, a third is noise. */
function makeExamples(rows: number, seed: number): Examples {
  const random = createRandom(seed);
  const features = Array.from({ length: rows }, () => Float64Array.of(random(), random(), random()));
  const labels = Uint8Array.from(features, ([a = 0, b = 0]) =>
    random() < (a > 0.5 !== b > 0.5 ? 0.9 : 0.1) ? 1 : 0,
  );
  return { features, labels };
}

const train = makeExamples(2000, 1);
const unseen = makeExamples(1000, 2);
const settings = {
  ...ensembleDefaults,
  boost: { ...ensembleDefaults.boost, trees: 120, featureShare: 1 },
  forest: { ...ensembleDefaults.forest, trees: 30, featureShare: 1 },
};

test("trees learn interactions of two features, which a linear model cannot", () => {
  const scorer = new EnsembleScorer(trainEnsemble(train, settings));
  const trees = measureQuality(
    unseen.features.map((row) => scorer.probability(row)),
    unseen.labels,
  );
  const logistic = fitLogistic(train, 1e-3, 200);
  const line = measureQuality(
    unseen.features.map((row) => scoreLogistic(logistic, row)),
    unseen.labels,
  );
  expect(trees.rocAuc).toBeGreaterThan(0.85);
  expect(line.rocAuc).toBeLessThan(0.6);
  expect(trees.calibrationError).toBeLessThan(0.06);
});

test("the same seed trains the same model", () => {
  expect(trainEnsemble(train, settings)).toEqual(trainEnsemble(train, settings));
});

test("the contributions of the steps add up to the prediction", () => {
  const { trees } = boost(train, { ...settings.boost, seed: 1 });
  const flat = new FlatTrees(trees);
  const roots = trees.reduce((sum, tree) => sum + (tree.value[0] ?? 0), 0);
  for (const row of unseen.features.slice(0, 50)) {
    const effects = new Float64Array(3);
    flat.addEffects(row, effects, 1);
    expect(roots + effects.reduce((sum, effect) => sum + effect, 0)).toBeCloseTo(flat.sum(row), 9);
  }
});

describe("quality", () => {
  test("AUC is 1 for a perfect order, 0 for its reverse, and 0.5 without information", () => {
    expect(rocAuc([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1])).toBe(1);
    expect(rocAuc([0.9, 0.8, 0.2, 0.1], [0, 0, 1, 1])).toBe(0);
    expect(rocAuc([0.5, 0.5, 0.5, 0.5], [0, 1, 0, 1])).toBe(0.5);
  });
  test("log loss and Brier score match their definitions", () => {
    const quality = measureQuality([0.8, 0.4], [1, 0]);
    expect(quality.logLoss).toBeCloseTo(-(Math.log(0.8) + Math.log(0.6)) / 2, 12);
    expect(quality.brier).toBeCloseTo((0.04 + 0.16) / 2, 12);
  });
  test("calibration distinguishes accurate from overconfident probabilities", () => {
    const random = createRandom(3);
    const said = Array.from({ length: 5000 }, () => random());
    const happened = said.map((probability) => (random() < probability ? 1 : 0));
    expect(measureQuality(said, happened).calibrationError).toBeLessThan(0.03);
    expect(
      measureQuality(
        said.map((probability) => sigmoid((probability - 0.5) * 20)),
        happened,
      ).calibrationError,
    ).toBeGreaterThan(0.1);
  });
});
