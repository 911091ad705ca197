import { featureVector } from "../features/features.ts";
import { wordsOf } from "../features/reason-themes.ts";
import type { SessionActivity } from "../features/session-activity.ts";
import type { Prediction, Predictor } from "./predictor.ts";

/** Idle time that doubles the odds of leaving. */
const idleDoublesMs = 300_000;

/**
 * The model's probability for a visit in progress, corrected for two facts that the training data does not contain: a visit with a
 * purchase is not abandoned, and each five minutes without an action make it likelier to be over.
 */
export function predictLive(predictor: Predictor, activity: SessionActivity, nowMs: number): Prediction {
  const prediction = predictor.predict(featureVector(activity.facts));
  if (activity.purchased) {
    return {
      ...prediction,
      probability: 0,
      reasons: [{ feature: wordsOf("purchase", -1), effect: -prediction.probability }],
    };
  }
  const idleMs = Math.max(0, nowMs - activity.lastEventAtMs);
  const probability = afterIdle(prediction.probability, idleMs);
  const effect = Math.round((probability - prediction.probability) * 10_000) / 10_000;
  if (effect < 0.005) return { ...prediction, probability };
  const reasons = [...prediction.reasons, { feature: wordsOf("idle", effect), effect }];
  return {
    ...prediction,
    probability,
    reasons: reasons.toSorted((a, b) => Math.abs(b.effect) - Math.abs(a.effect)).slice(0, 5),
  };
}

function afterIdle(probability: number, idleMs: number): number {
  if (probability >= 1) return probability;
  const odds = (probability / (1 - probability)) * (1 + idleMs / idleDoublesMs);
  return Math.round((odds / (1 + odds)) * 1e6) / 1e6;
}
