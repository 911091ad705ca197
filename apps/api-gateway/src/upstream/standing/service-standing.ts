import type { CircuitBreaker, RetryBudget } from "@libs/resilience";
import { SharedPool } from "../../sharing/shared-pool.ts";
import type { OutlierDetector } from "../resilience/outlier-detector.ts";
import type { TargetBreakers } from "../resilience/target-breakers.ts";
import { TargetMemory } from "./target-memory.ts";
import type { TargetStanding } from "./target-standing.ts";

/**
 * What is learned about a service and its targets, kept across reloads. The service built by a reload and its predecessor, which may
 * still have requests in flight, share every part whose own settings are unchanged: a new timeout closes no breaker, readmits no
 * ejected target, and forgets no request in flight.
 */
export class ServiceStanding {
  /** Requests in flight to any target, removed ones included. */
  inFlight = 0;
  /** Set by the first answer of discovery: targets added later are new to a running service, and start slowly. */
  isEstablished = false;
  /** Draws this process' subset of the targets; every process draws its own. */
  readonly subsetSeed = crypto.randomUUID();
  readonly targets = new TargetMemory<TargetStanding>();
  /** Breakers of the whole service, keyed by their settings, as the following pools are. */
  readonly breakers = new SharedPool<CircuitBreaker>(nothingToEnd);
  readonly targetBreakers = new SharedPool<TargetBreakers>((breakers) => breakers.dispose());
  readonly retryBudgets = new SharedPool<RetryBudget>(nothingToEnd);
  readonly outliers = new SharedPool<OutlierDetector>((detector) => detector.end());
}

/** The standing of every service, by its name in the config. */
export type ServiceStandings = SharedPool<ServiceStanding>;

export function createServiceStandings(): ServiceStandings {
  return new SharedPool(nothingToEnd);
}

function nothingToEnd(): void {
  // It holds no timer and no connection.
}
