import type { CircuitBreaker } from "@libs/resilience";
import { SharedPool } from "../../sharing/shared-pool.ts";
import type { OutlierDetector } from "../resilience/outlier-detector.ts";
import type { TargetBreakers } from "../resilience/target-breakers.ts";
import { TargetMemory } from "./target-memory.ts";
import type { TargetStanding } from "./target-standing.ts";

/**
 * What is known of a service and its targets whatever a reload changes of it. The service that a reload makes and the one before,
 * whose last requests are still under way, share each part whose own settings are the same: a new timeout closes no breaker, lets no
 * target in that was taken out, and forgets no request in flight.
 */
export class ServiceStanding {
  /** Requests to any target, also to those that are gone. */
  inFlight = 0;
  /** Discovery has answered: a target that is new from now on is new to a service at work. */
  isEstablished = false;
  readonly targets = new TargetMemory<TargetStanding>();
  /** Of the service as a whole, by their settings; so are the others. */
  readonly breakers = new SharedPool<CircuitBreaker>(nothingToEnd);
  readonly targetBreakers = new SharedPool<TargetBreakers>((breakers) => breakers.dispose());
  readonly outliers = new SharedPool<OutlierDetector>((detector) => detector.end());
}

/** Of every service, by its name in the config. */
export type ServiceStandings = SharedPool<ServiceStanding>;

export function createServiceStandings(): ServiceStandings {
  return new SharedPool(nothingToEnd);
}

function nothingToEnd(): void {
  // It holds no timer and no connection.
}
