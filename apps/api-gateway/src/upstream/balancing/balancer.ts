import type { Static, TSchema } from "@sinclair/typebox";
import type { ConfigIssue } from "../../model/config-issue.ts";
import type { Exchange } from "../../model/exchange.ts";
import type { Target } from "../targets/target.ts";

/** Chooses among the targets of one service. */
export interface Balancer {
  /**
   * Told of every change of what may be picked, so that a pick need not look for it. MUST keep what it has learned of targets
   * that stay: a target that comes or goes must not send the others' traffic elsewhere.
   *
   * @param usable what may be picked, none with a share of 0.
   * @param all every target with a weight, usable or not: what shares are measured against.
   */
  update(usable: readonly Target[], all: readonly Target[]): void;
  /**
   * One of the usable targets, `null` where each of them is excluded. MUST be synchronous, allocate nothing, and take no longer
   * with many targets than with few, but for a logarithm.
   *
   * @param exchange what to choose by, `null` for a call of the gateway's own.
   * @param excluded those that this request must not go to (again); nearly always none.
   */
  pick(exchange: Exchange | null, excluded: readonly Target[]): Target | null;
  /** Told how long a target took to answer, or to fail, in milliseconds. Where it is absent nobody takes the time. */
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
