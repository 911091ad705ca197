import type { UpstreamTarget } from "../model/upstream.ts";

/** One address of a service with its present state. Mutable: the balancer, the checks and requests in flight share it. */
export interface Target {
  readonly upstream: UpstreamTarget;
  readonly weight: number;
  inFlight: number;
  /** False while active checks fail. */
  healthy: boolean;
}

export function createTarget(upstream: UpstreamTarget, weight: number): Target {
  return { upstream, weight, inFlight: 0, healthy: true };
}
