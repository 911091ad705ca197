import { seededRandom } from "@libs/testing";
import { Target } from "../targets/target.ts";
import type { BalancerDeps } from "./balancer.ts";

/** Targets `t0`, `t1`, ... with these weights. */
export function targetsOf(weights: readonly number[], zone: string | null = null): Target[] {
  return weights.map((weight, index) => targetOf(`t${index}`, weight, zone));
}

export function targetOf(id: string, weight = 1, zone: string | null = null): Target {
  const upstream = { id, protocol: "http", host: "127.0.0.1", port: 80 } as const;
  return new Target({ upstream, weight, priority: 0, zone });
}

/** A clock at 0, and nothing in flight unless given. */
export function balancerDeps(deps: Partial<BalancerDeps> = {}): BalancerDeps {
  return { random: seededRandom(), now: () => 0, inFlight: () => 0, ...deps };
}
