import type { Static, TSchema } from "@sinclair/typebox";
import type { ConfigIssue } from "../../model/config-issue.ts";
import type { Exchange } from "../../model/exchange.ts";
import type { Target } from "../target.ts";

/** Chooses among the targets that may be used, or `null` where there is none. MUST be synchronous and allocate nothing. */
export interface Balancer {
  /**
   * @param excluded a target that an earlier attempt of the same request failed on: taken only where no other is left.
   * @param exchange what to choose by, `null` for a call of the gateway's own.
   */
  pick(targets: readonly Target[], excluded: Target | null, exchange: Exchange | null): Target | null;
}

/** One file `upstream/balancing/<type>.ts`, one line in the registry beside it. */
export interface BalancerDefinition<S extends TSchema> {
  readonly type: string;
  readonly schema: S;
  check?(config: Static<S>): readonly ConfigIssue[];
  create(config: Static<S>): Balancer;
}
