import { features } from "../features/features.ts";
import { type ReasonTheme, wordsOf } from "../features/reason-themes.ts";
import { EnsembleScorer } from "../learning/ensemble.ts";
import type { ModelFile } from "./model-file.ts";

/** What is answered for a visit. */
export interface Prediction {
  /** That it ends without a purchase, 0 to 1. */
  readonly probability: number;
  /** Version of the model. */
  readonly model: string;
  /** What moved the probability most, up (positive) or down, strongest first. */
  readonly reasons: readonly Reason[];
}

export interface Reason {
  /** In words for the shop's owner; one sentence for an increase, another for a decrease. */
  readonly feature: string;
  /** In points of probability: 0.1 is ten percent more likely to be abandoned. */
  readonly effect: number;
}

const reasonsMax = 5;

/** A model ready to score. */
export class Predictor {
  readonly file: ModelFile;
  readonly #scorer: EnsembleScorer;

  constructor(file: ModelFile) {
    this.file = file;
    this.#scorer = new EnsembleScorer(file.ensemble);
  }

  probability(vector: Float64Array): number {
    return this.#scorer.probability(vector);
  }

  predict(vector: Float64Array): Prediction {
    const effects = this.#scorer.effects(vector);
    const byTheme = new Map<ReasonTheme, number>();
    for (const [index, { theme }] of features.entries())
      byTheme.set(theme, (byTheme.get(theme) ?? 0) + (effects[index] ?? 0));
    const reasons = [...byTheme]
      .map(([theme, effect]) => ({ feature: wordsOf(theme, effect), effect: round(effect, 4) }))
      .filter((reason) => reason.effect !== 0)
      .toSorted((a, b) => Math.abs(b.effect) - Math.abs(a.effect))
      .slice(0, reasonsMax);
    return { probability: round(this.#scorer.probability(vector), 6), model: this.file.version, reasons };
  }
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
