import {
  type AnswerCounts,
  AnswerWindow,
  bucketOf,
  endOfBucket,
  quantileBucket,
  slotsMax,
  slowerThan,
} from "./answer-window.ts";
import { isWorse } from "./is-worse.ts";
import type { RollbackConfig } from "./schema.ts";

/** The service that answered. */
export type Side = "canary" | "own";

export interface TrialFigures {
  readonly all: number;
  readonly failed: number;
  /** The 95th percentile in milliseconds, rounded up to the end of a bucket; `null` without answers. */
  readonly p95Ms: number | null;
}

/** Why a canary was rolled back, with the observations at that moment. */
export interface Rollback {
  readonly reason: "failures" | "slowness";
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly canary: TrialFigures;
  readonly own: TrialFigures;
}

export interface TrialDeps {
  /** Milliseconds on a clock that never jumps. */
  readonly monotonicNow: () => number;
  readonly now: () => number;
  readonly onRollback: (rollback: Rollback) => void;
}

/** Time between two evaluations, in milliseconds. */
const evaluateEveryMs = 250;

const usual = 0.95;

/** The whole window detects small differences; its last sixth detects recent ones. */
const spans = [slotsMax, slotsMax / 6];

/**
 * Compares a canary with the route's own service over the same time. The trial ends only with a rollback; while nothing is certain the
 * canary keeps its share. Evaluated as answers come in.
 */
export class CanaryTrial {
  readonly #config: RollbackConfig;
  readonly #deps: TrialDeps;
  readonly #windows: Readonly<Record<Side, AnswerWindow>>;
  #evaluatedAt = Number.NEGATIVE_INFINITY;
  #rollback: Rollback | null = null;

  constructor(config: RollbackConfig, deps: TrialDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#windows = { canary: new AnswerWindow(config.windowMs), own: new AnswerWindow(config.windowMs) };
  }

  /** `null` while the canary has its share. */
  get rollback(): Rollback | null {
    return this.#rollback;
  }

  note(side: Side, tookMs: number, isFailure: boolean): void {
    const now = this.#deps.monotonicNow();
    this.#windows[side].note(now, tookMs, isFailure);
    if (side === "own" || this.#rollback !== null || now - this.#evaluatedAt < evaluateEveryMs) return;
    this.#evaluatedAt = now;
    this.#evaluate(now);
  }

  /** Restarts the trial: restores the canary's share and forgets all observations. */
  reset(): void {
    this.#rollback = null;
    for (const window of Object.values(this.#windows)) window.clear();
  }

  figures(): Readonly<Record<Side, TrialFigures>> {
    const now = this.#deps.monotonicNow();
    return {
      canary: figuresOf(this.#windows.canary.counts(now)),
      own: figuresOf(this.#windows.own.counts(now)),
    };
  }

  #evaluate(now: number): void {
    for (const slots of spans) {
      const canary = this.#windows.canary.counts(now, slots);
      const own = this.#windows.own.counts(now, slots);
      const reason = judge(canary, own, this.#config);
      if (reason === null) continue;
      const at = this.#deps.now();
      this.#rollback = { reason, at, canary: figuresOf(canary), own: figuresOf(own) };
      this.#deps.onRollback(this.#rollback);
      return;
    }
  }
}

/** `null` where the canary is no worse, or nothing is certain yet. */
function judge(
  canary: AnswerCounts,
  own: AnswerCounts,
  { samplesMin, failureMargin, slowFactor, slowMargin }: RollbackConfig,
): Rollback["reason"] | null {
  if (canary.all < samplesMin || own.all < samplesMin) return null;
  const failed = ({ all, failed: bad }: AnswerCounts) => ({ all, bad });
  if (isWorse(failed(canary), failed(own), failureMargin)) return "failures";
  const limit = bucketOf(endOfBucket(quantileBucket(own, usual)) * slowFactor);
  const slow = (counts: AnswerCounts) => ({ all: counts.all, bad: slowerThan(counts, limit) });
  return isWorse(slow(canary), slow(own), slowMargin) ? "slowness" : null;
}

function figuresOf(counts: AnswerCounts): TrialFigures {
  const { all, failed } = counts;
  return { all, failed, p95Ms: all === 0 ? null : endOfBucket(quantileBucket(counts, usual)) };
}
