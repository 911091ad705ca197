import type { TargetState } from "../model/exchange/decision.ts";
import type { TargetDescription } from "../model/upstream/service.ts";
import type { OutlierDetector } from "./resilience/outlier-detector.ts";
import type { Target } from "./targets/target.ts";
import type { TargetPool } from "./targets/target-pool.ts";

export interface CountedTargets {
  readonly pool: TargetPool;
  readonly targetInFlightMax: number;
}

export interface DescribedParts extends CountedTargets {
  readonly outliers: OutlierDetector | null;
}

/** Every target of a pool as it is now. */
export function describeTargets({ pool, outliers, targetInFlightMax }: DescribedParts): TargetDescription[] {
  return pool.targets.map((target) => ({
    target: target.id,
    state: stateOf(target, pool, targetInFlightMax),
    weight: target.weight,
    inFlight: target.inFlight,
    priority: target.priority,
    zone: target.zone,
    share: target.share,
    breaker: target.breaker?.state.kind ?? null,
    ejections: outliers?.ejections(target) ?? 0,
  }));
}

/** How many targets of a pool are in each state. */
export function countTargets({
  pool,
  targetInFlightMax,
}: CountedTargets): Readonly<Record<TargetState, number>> {
  const counts: Record<TargetState, number> = {
    available: 0,
    unhealthy: 0,
    ejected: 0,
    "breaker-open": 0,
    full: 0,
    draining: 0,
    standby: 0,
  };
  for (const target of pool.targets) counts[stateOf(target, pool, targetInFlightMax)] += 1;
  return counts;
}

function stateOf(target: Target, pool: TargetPool, inFlightMax: number): TargetState {
  if (target.weight === 0) return "draining";
  if (!target.isHealthy) return "unhealthy";
  if (target.isEjected) return "ejected";
  if (target.isBreakerOpen) return "breaker-open";
  if (!pool.isInUse(target)) return "standby";
  return target.inFlight >= inFlightMax ? "full" : "available";
}
