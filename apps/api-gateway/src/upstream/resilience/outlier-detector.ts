import type { Clock } from "@libs/resilience";
import { schedule } from "../schedule.ts";
import { TargetMemory } from "../standing/target-memory.ts";
import type { Target } from "../targets/target.ts";
import type { TargetObserver } from "../targets/target-pool.ts";
import type { Outcome } from "./outcome.ts";
import type { OutlierSettings } from "./outlier-schema.ts";
import { rateOutliers } from "./rate-outliers.ts";

export type EjectionReason = "errors" | "gateway-failures" | "success-rate";

export interface Ejection {
  readonly reason: EjectionReason;
  readonly ms: number;
}

export interface OutlierParts {
  readonly clock: Clock;
  /** Called when a target was ejected or, with `null`, readmitted. */
  readonly changed: (target: Target, ejection: Ejection | null) => void;
}

/** What is known of one target. */
class Track {
  /** The target in each pool that contains it. */
  readonly targets = new Set<Target>();
  isEjected = false;
  errors = 0;
  gatewayFailures = 0;
  /** Of the current interval. */
  requests = 0;
  successes = 0;
  /** Number of ejections, less one for every interval without one since. */
  ejections = 0;
}

/**
 * Passive outlier detection (after Envoy's): ejects targets that fail several times in a row, or more often than the others, for a time
 * that grows with each ejection. Never ejects more than the maximum share, nor the last usable target. Pools with the same targets share
 * it, so that a target's history survives reloads.
 */
export class OutlierDetector implements TargetObserver {
  readonly #settings: OutlierSettings;
  readonly #parts: OutlierParts;
  readonly #memory = new TargetMemory<Track>();
  readonly #tracks = new Map<Target, Track>();
  readonly #followers = new Set<() => void>();
  readonly #cancelReturns = new Set<() => void>();
  #cancelSweep: (() => void) | null = null;

  constructor(settings: OutlierSettings, parts: OutlierParts) {
    this.#settings = settings;
    this.#parts = parts;
  }

  /** @param refresh called when a target was ejected or readmitted, until the returned function is called. */
  follow(refresh: () => void): () => void {
    this.#followers.add(refresh);
    return () => this.#followers.delete(refresh);
  }

  added(target: Target): void {
    const track = this.#memory.enter(target.standing.key, () => new Track());
    this.#tracks.set(target, track);
    track.targets.add(target);
    target.isEjected = track.isEjected;
    this.#cancelSweep ??= this.#nextSweep();
  }

  removed(target: Target): void {
    this.#tracks.get(target)?.targets.delete(target);
    if (this.#tracks.delete(target)) this.#memory.leave(target.standing.key);
    if (this.#tracks.size > 0) return;
    this.#cancelSweep?.();
    this.#cancelSweep = null;
  }

  /** Cancels timers. A pool that ends only removes its targets. */
  end(): void {
    this.#cancelSweep?.();
    for (const cancel of this.#cancelReturns) cancel();
    this.#cancelReturns.clear();
  }

  /** Called after every attempt. */
  note(target: Target, outcome: Outcome): void {
    const track = this.#tracks.get(target);
    if (track === undefined || outcome === "ignored") return;
    track.requests += 1;
    if (outcome === "success") {
      track.successes += 1;
      track.errors = 0;
      track.gatewayFailures = 0;
      return;
    }
    track.errors += 1;
    track.gatewayFailures = outcome === "gateway-failure" ? track.gatewayFailures + 1 : 0;
    const { errorsInARow, gatewayFailuresInARow } = this.#settings;
    if (isReached(track.gatewayFailures, gatewayFailuresInARow)) this.#eject(track, "gateway-failures");
    else if (isReached(track.errors, errorsInARow)) this.#eject(track, "errors");
  }

  ejections(target: Target): number {
    return this.#tracks.get(target)?.ejections ?? 0;
  }

  #eject(track: Track, reason: EjectionReason): void {
    if (track.isEjected || !this.#mayEject(track)) return;
    const { ejectionMs, ejectionMsMax } = this.#settings;
    track.ejections += 1;
    const ms = Math.min(ejectionMsMax, ejectionMs * track.ejections);
    const cancel = schedule(this.#parts.clock, ms, () => {
      this.#cancelReturns.delete(cancel);
      // requests that were on their way when it was ejected have counted until now
      track.errors = 0;
      track.gatewayFailures = 0;
      this.#change(track, null);
    });
    this.#cancelReturns.add(cancel);
    this.#change(track, { reason, ms });
  }

  #change(track: Track, ejection: Ejection | null): void {
    track.isEjected = ejection !== null;
    for (const target of track.targets) target.isEjected = track.isEjected;
    const [target] = track.targets;
    if (target === undefined) return;
    for (const refresh of this.#followers) refresh();
    this.#parts.changed(target, ejection);
  }

  #mayEject(track: Track): boolean {
    const used = this.#memory.inUse();
    const ejectedMax = Math.max(1, Math.floor(used.length * this.#settings.ejectedShareMax));
    return (
      used.filter(({ isEjected }) => isEjected).length < ejectedMax &&
      used.some((other) => other !== track && isUsable(other))
    );
  }

  #nextSweep(): () => void {
    return schedule(this.#parts.clock, this.#settings.intervalMs, () => {
      this.#cancelSweep = this.#nextSweep();
      this.#sweep();
    });
  }

  #sweep(): void {
    const { deviationsMax, requestsMin, targetsMin } = this.#settings.successRate;
    const used = this.#memory.inUse();
    for (const track of used) if (!track.isEjected && track.ejections > 0) track.ejections -= 1;
    const rated = used.filter(({ requests }) => requests >= requestsMin);
    if (deviationsMax > 0 && rated.length >= targetsMin) {
      const rates = rated.map(({ successes, requests }) => successes / requests);
      for (const index of rateOutliers(rates, deviationsMax)) {
        const track = rated[index];
        if (track !== undefined) this.#eject(track, "success-rate");
      }
    }
    for (const track of used) {
      track.requests = 0;
      track.successes = 0;
    }
  }
}

/** Drained targets and those that fail their checks cannot take over. */
function isUsable({ targets }: Track): boolean {
  return [...targets].some((target) => target.isUsable);
}

function isReached(count: number, limit: number): boolean {
  return limit > 0 && count >= limit;
}
