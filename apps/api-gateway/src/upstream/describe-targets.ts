import type { TargetState } from "../model/exchange/decision.ts";
import type { TargetDescription } from "../model/upstream/service.ts";
import type { OutlierDetector } from "./resilience/outlier-detector.ts";
import type { Target } from "./targets/target.ts";
import type { TargetPool } from "./targets/target-pool.ts";

export interface DescribedParts {
  readonly pool: TargetPool;
  readonly outliers: OutlierDetector | null;
  readonly targetInFlightMax: number;
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

function stateOf(target: Target, pool: TargetPool, inFlightMax: number): TargetState {
  if (target.weight === 0) return "draining";
  if (!target.isHealthy) return "unhealthy";
  if (target.isEjected) return "ejected";
  if (target.isBreakerOpen) return "breaker-open";
  if (!pool.isInUse(target)) return "standby";
  return target.inFlight >= inFlightMax ? "full" : "available";
}
