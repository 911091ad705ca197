import type { Clock } from "@libs/resilience";
import { later } from "../later.ts";
import type { Target } from "../targets/target.ts";
import type { TargetObserver } from "../targets/target-pool.ts";
import type { Outcome } from "./outcome.ts";
import type { OutlierSettings } from "./outlier-schema.ts";
import { rateOutliers } from "./rate-outliers.ts";

export type EjectionReason = "errors" | "gateway-failures" | "success-rate";

export interface OutlierParts {
  readonly clock: Clock;
  /** Called when a target was taken out or back. */
  readonly changed: (
    target: Target,
    ejection: { readonly reason: EjectionReason; readonly ms: number } | null,
  ) => void;
}

/** What is known of one target. */
class Track {
  errors = 0;
  gatewayFailures = 0;
  /** Of the present interval. */
  requests = 0;
  successes = 0;
  /** Times it was taken out, less one for every interval that it was in since. */
  ejections = 0;
}

/**
 * Passive outlier detection (after Envoy's): takes targets out that fail several times in a row, or more than the others, for
 * a time that grows with every time they are taken out again. Never more of them than the ceiling, and never the last that can be used.
 */
export class OutlierDetector implements TargetObserver {
  readonly #settings: OutlierSettings;
  readonly #parts: OutlierParts;
  readonly #records = new Map<Target, Track>();
  /** Of targets that are not there at the moment: one that flaps does not come back clean. */
  readonly #away = new WeakMap<Target, Track>();
  readonly #cancelReturns = new Set<() => void>();
  #cancelSweep: (() => void) | null = null;
  #ejected = 0;

  constructor(settings: OutlierSettings, parts: OutlierParts) {
    this.#settings = settings;
    this.#parts = parts;
  }

  added(target: Target): void {
    this.#records.set(target, this.#away.get(target) ?? new Track());
    if (target.isEjected) this.#ejected += 1;
    this.#cancelSweep ??= this.#nextSweep();
  }

  removed(target: Target): void {
    const record = this.#records.get(target);
    if (record !== undefined) this.#away.set(target, record);
    this.#records.delete(target);
    if (target.isEjected) this.#ejected -= 1;
    if (this.#records.size > 0) return;
    this.#cancelSweep?.();
    this.#cancelSweep = null;
  }

  dispose(): void {
    for (const cancel of this.#cancelReturns) cancel();
    this.#cancelReturns.clear();
  }

  /** Told of every attempt. */
  note(target: Target, outcome: Outcome): void {
    const record = this.#records.get(target);
    if (record === undefined || outcome === "ignored") return;
    record.requests += 1;
    if (outcome === "success") {
      record.successes += 1;
      record.errors = 0;
      record.gatewayFailures = 0;
      return;
    }
    record.errors += 1;
    record.gatewayFailures = outcome === "gateway-failure" ? record.gatewayFailures + 1 : 0;
    const { errorsInARow, gatewayFailuresInARow } = this.#settings;
    if (isReached(record.gatewayFailures, gatewayFailuresInARow))
      this.#eject(target, record, "gateway-failures");
    else if (isReached(record.errors, errorsInARow)) this.#eject(target, record, "errors");
  }

  ejections(target: Target): number {
    return this.#records.get(target)?.ejections ?? 0;
  }

  #eject(target: Target, record: Track, reason: EjectionReason): void {
    if (target.isEjected || !this.#mayEject(target)) return;
    const { ejectionMs, ejectionMsMax } = this.#settings;
    record.ejections += 1;
    record.errors = 0;
    record.gatewayFailures = 0;
    const ms = Math.min(ejectionMsMax, ejectionMs * record.ejections);
    target.isEjected = true;
    this.#ejected += 1;
    const cancel = later(this.#parts.clock, ms, () => {
      this.#cancelReturns.delete(cancel);
      this.#return(target);
    });
    this.#cancelReturns.add(cancel);
    this.#parts.changed(target, { reason, ms });
  }

  #return(target: Target): void {
    target.isEjected = false;
    if (!this.#records.has(target)) return;
    this.#ejected -= 1;
    this.#parts.changed(target, null);
  }

  #mayEject(target: Target): boolean {
    const ejectedMax = Math.max(1, Math.floor(this.#records.size * this.#settings.ejectedShareMax));
    return this.#ejected < ejectedMax && this.#isAnotherLeft(target);
  }

  /** Those that are drained or fail their checks take nothing over. */
  #isAnotherLeft(target: Target): boolean {
    for (const other of this.#records.keys()) if (other !== target && other.isUsable) return true;
    return false;
  }

  #nextSweep(): () => void {
    return later(this.#parts.clock, this.#settings.intervalMs, () => {
      this.#cancelSweep = this.#nextSweep();
      this.#sweep();
    });
  }

  #sweep(): void {
    const { deviationsMax, requestsMin, targetsMin } = this.#settings.successRate;
    for (const [target, record] of this.#records) {
      if (!target.isEjected && record.ejections > 0) record.ejections -= 1;
    }
    const rated = [...this.#records].filter(([, { requests }]) => requests >= requestsMin);
    if (deviationsMax > 0 && rated.length >= targetsMin) {
      const rates = rated.map(([, { successes, requests }]) => successes / requests);
      for (const index of rateOutliers(rates, deviationsMax)) {
        const [target, record] = rated[index] ?? [];
        if (target !== undefined && record !== undefined) this.#eject(target, record, "success-rate");
      }
    }
    for (const record of this.#records.values()) {
      record.requests = 0;
      record.successes = 0;
    }
  }
}

function isReached(count: number, limit: number): boolean {
  return limit > 0 && count >= limit;
}
