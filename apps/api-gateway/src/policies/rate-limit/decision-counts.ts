import type { Counter, Labelled, Metrics } from "@libs/monitoring";
import type { RateDecision } from "@libs/rate-limit";

export type DecisionCounter = Labelled<"route" | "limit" | "verdict", Counter>;

type Verdict = "allowed" | "denied" | "would_deny" | "store_unavailable";

export function declareDecisions(metrics: Metrics): DecisionCounter {
  return metrics.counter({
    name: "cartway_rate_limit_decisions_total",
    help: "Decisions of rate limits: allowed, denied, would_deny (in a dry run), store_unavailable (not checked).",
    labels: ["route", "limit", "verdict"],
  });
}

export interface DecisionCountsOptions {
  readonly decisions: DecisionCounter;
  readonly route: string;
  readonly limit: string;
  /** No request is then refused for exceeding the limit. */
  readonly dryRun: boolean;
}

/** Counts the decisions of a limit. Its series are created with their first decision: unused limits must not use up the bound on series. */
export class DecisionCounts {
  readonly #options: DecisionCountsOptions;
  /** The counter of the last verdict: nearly all are the same. */
  #last: Counter | null = null;
  #verdict: Verdict = "allowed";

  constructor(options: DecisionCountsOptions) {
    this.#options = options;
  }

  count(decision: RateDecision): void {
    const verdict = decision.allowed ? "allowed" : this.#refusal(decision);
    if (this.#last === null || this.#verdict !== verdict) {
      const { decisions, route, limit } = this.#options;
      this.#last = decisions.with({ route, limit, verdict });
      this.#verdict = verdict;
    }
    this.#last.inc();
  }

  #refusal({ storeIsAway }: RateDecision): Verdict {
    if (storeIsAway === true) return "store_unavailable";
    return this.#options.dryRun ? "would_deny" : "denied";
  }
}
