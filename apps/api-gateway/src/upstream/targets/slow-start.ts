import type { Clock } from "@libs/resilience";
import { later } from "../later.ts";
import type { Target } from "./target.ts";
import type { TargetObserver } from "./target-pool.ts";

export interface SlowStartParts {
  readonly durationMs: number;
  readonly clock: Clock;
  /** Called when shares have changed. */
  readonly refresh: () => void;
}

/** What a target begins with: enough to warm it, and never nothing. */
const shareAtStart = 0.1;
const steps = 10;

/**
 * Lets the share of a new target, or of one that could not be used for a while, grow evenly from a tenth to the whole, so that
 * cold caches and just-in-time compilers are not met with full load. The targets that a service begins with start whole:
 * slowing all of them would only slow the start.
 */
export class SlowStart implements TargetObserver {
  readonly #parts: SlowStartParts;
  readonly #startedAt = new Map<Target, number>();
  /** Those that were in use at some time. */
  readonly #seen = new WeakSet<Target>();
  #cancel: (() => void) | null = null;

  constructor(parts: SlowStartParts) {
    this.#parts = parts;
  }

  added(target: Target, isFirst: boolean): void {
    if (!isFirst) this.#begin(target);
  }

  returned(target: Target): void {
    // One that was just added has begun already; the first ones are taken into use without a start.
    if (this.#seen.has(target)) this.#begin(target);
    this.#seen.add(target);
  }

  removed(target: Target): void {
    this.#startedAt.delete(target);
    target.share = target.weight;
    if (this.#startedAt.size === 0) this.#stop();
  }

  #begin(target: Target): void {
    this.#startedAt.set(target, this.#parts.clock.now());
    target.share = target.weight * shareAtStart;
    this.#cancel ??= this.#nextStep();
  }

  #nextStep(): () => void {
    const { clock, durationMs } = this.#parts;
    return later(clock, durationMs / steps, () => {
      this.#cancel = null;
      this.#grow();
    });
  }

  #grow(): void {
    const { clock, durationMs, refresh } = this.#parts;
    const now = clock.now();
    for (const [target, startedAt] of this.#startedAt) {
      const part = Math.min(1, Math.max(shareAtStart, (now - startedAt) / durationMs));
      target.share = target.weight * part;
      if (part === 1) this.#startedAt.delete(target);
    }
    if (this.#startedAt.size > 0) this.#cancel = this.#nextStep();
    refresh();
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
