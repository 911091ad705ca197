import type { Clock } from "@libs/resilience";
import { schedule } from "../schedule.ts";
import type { Target } from "./target.ts";
import type { TargetObserver } from "./target-pool.ts";

export interface SlowStartParts {
  readonly durationMs: number;
  readonly clock: Clock;
  /** Called when shares have changed. */
  readonly refresh: () => void;
}

/** A target's initial share: enough to warm it up. */
const shareAtStart = 0.1;
const steps = 10;

/**
 * Increases the share of a new target, or of one that was unusable for a while, evenly from a tenth to the whole, so that cold caches and
 * just-in-time compilers do not get full load. A service's initial targets start with full share, because slowing all of them would only
 * slow the start. A service created by a reload continues where its predecessor was.
 */
export class SlowStart implements TargetObserver {
  readonly #parts: SlowStartParts;
  readonly #starting = new Set<Target>();
  #cancel: (() => void) | null = null;

  constructor(parts: SlowStartParts) {
    this.#parts = parts;
  }

  added(target: Target, isFirst: boolean): void {
    if (!isFirst) target.standing.freshSince = this.#parts.clock.now();
    // it starts with its first weight
    if (target.weight === 0) target.standing.isOut = true;
    this.#updateShare(target);
  }

  left(target: Target): void {
    target.standing.isOut = true;
  }

  returned(target: Target): void {
    const { standing } = target;
    if (standing.isOut) standing.freshSince = this.#parts.clock.now();
    standing.isOut = false;
    this.#updateShare(target);
  }

  removed(target: Target): void {
    this.#starting.delete(target);
    target.share = target.weight;
    if (this.#starting.size === 0) this.#stop();
  }

  /** Gives the target the share that it has reached, and the rest as time passes. */
  #updateShare(target: Target): void {
    const part = this.#partOf(target);
    target.share = target.weight * part;
    if (part === 1) return;
    this.#starting.add(target);
    this.#cancel ??= this.#nextStep();
  }

  #partOf({ standing: { freshSince } }: Target): number {
    const { clock, durationMs } = this.#parts;
    return freshSince === null
      ? 1
      : Math.min(1, Math.max(shareAtStart, (clock.now() - freshSince) / durationMs));
  }

  #nextStep(): () => void {
    const { clock, durationMs } = this.#parts;
    return schedule(clock, durationMs / steps, () => {
      this.#cancel = null;
      this.#updateShares();
    });
  }

  #updateShares(): void {
    for (const target of this.#starting) {
      const part = this.#partOf(target);
      target.share = target.weight * part;
      if (part === 1) this.#starting.delete(target);
    }
    if (this.#starting.size > 0) this.#cancel = this.#nextStep();
    this.#parts.refresh();
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
