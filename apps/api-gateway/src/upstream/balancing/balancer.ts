import type { Static, TSchema } from "@sinclair/typebox";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import type { Exchange } from "../../model/exchange/exchange.ts";
import type { Target } from "../targets/target.ts";

/** Chooses among the targets of one service. */
export interface Balancer {
  /**
   * Called with every change of the usable targets. MUST keep what it has learned about targets that stay: a target that joins or
   * leaves must not move the others' traffic.
   *
   * @param usable targets that may be picked, each with a share above 0.
   * @param all every target with a weight, usable or not, as the base of shares.
   */
  update(usable: readonly Target[], all: readonly Target[]): void;
  /**
   * Picks a usable target; `null` where all are excluded. MUST be synchronous, allocate nothing, and take at most logarithmic time in
   * the number of targets.
   *
   * @param exchange the request to pick for, `null` for the gateway's own calls.
   * @param excluded targets that this request must not go to (again); nearly always none.
   */
  pick(exchange: Exchange | null, excluded: readonly Target[]): Target | null;
  /** Called with a target's latency to an answer or failure, in milliseconds. Where absent, latency is not measured. */
  answered?(target: Target, elapsedMs: number, isFailure: boolean): void;
}

export interface BalancerDeps {
  /** Evenly distributed in [0, 1). */
  readonly random: () => number;
  /** Milliseconds that never run backwards. */
  readonly now: () => number;
  /** Requests in flight to all targets of the service. */
  readonly inFlight: () => number;
}

/** One file `upstream/balancing/<type>.ts`, one line in the registry beside it. */
export interface BalancerDefinition<S extends TSchema> {
  readonly type: string;
  readonly schema: S;
  check?(config: Static<S>): readonly ConfigIssue[];
  create(config: Static<S>, deps: BalancerDeps): Balancer;
}
