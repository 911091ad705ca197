import { CartwayError } from "@libs/errors";
import type { Metrics } from "@libs/monitoring";
import { runInSlices, type Steps } from "../model/steps.ts";

const policyOutcomes = ["passed", "answered", "refused", "failed", "applied"] as const;

/** `applied`: a policy that only changes answers. `failed`: an error of the policy itself. */
export type PolicyOutcome = (typeof policyOutcomes)[number];

/** Counts the evaluations of a route's policy, by result. Plain numbers, so that counting costs a request nothing. */
export class PolicyTally implements Record<PolicyOutcome, number> {
  readonly policy: string;
  readonly route: string;
  passed = 0;
  answered = 0;
  refused = 0;
  failed = 0;
  applied = 0;

  constructor(policy: string, route: string) {
    this.policy = policy;
    this.route = route;
  }

  decided(answer: unknown): void {
    if (answer === undefined) this.passed += 1;
    else this.answered += 1;
  }

  threw(thrown: unknown): void {
    if (thrown instanceof CartwayError) this.refused += 1;
    else this.failed += 1;
  }

  counts(): Record<PolicyOutcome, number> {
    const { passed, answered, refused, failed, applied } = this;
    return { passed, answered, refused, failed, applied };
  }
}

export interface PolicyTallies {
  open(policy: string, route: string): PolicyTally;
  /** Transfers its counts to the metric, and drops it. */
  close(tally: PolicyTally): void;
}

/** How long a rendering may delay requests at a time, with thousands of routes. */
const sliceMs = 0.2;

/** The tallies of all snapshots, as one metric. Policies that were never evaluated have no series. */
export function createPolicyTallies(metrics: Metrics): PolicyTallies {
  const decisions = metrics.counter({
    name: "cartway_policy_decisions_total",
    help: "How often the policies of a route were evaluated, by what they decided.",
    labels: ["policy", "route", "outcome"],
    seriesMax: 2000,
  });
  /** The counts already transferred. */
  const written = new Map<PolicyTally, Record<PolicyOutcome, number>>();

  function write(tally: PolicyTally, before: Record<PolicyOutcome, number>): void {
    const { policy, route } = tally;
    for (const outcome of policyOutcomes) {
      const more = tally[outcome] - before[outcome];
      if (more > 0) decisions.with({ policy, route, outcome }).inc(more);
      before[outcome] = tally[outcome];
    }
  }

  function* writeAll(): Steps<void> {
    for (const [tally, before] of written) {
      write(tally, before);
      yield;
    }
  }

  metrics.beforeRender(() => runInSlices(writeAll(), sliceMs));
  return {
    open(policy, route) {
      const tally = new PolicyTally(policy, route);
      written.set(tally, tally.counts());
      return tally;
    },
    close(tally) {
      const before = written.get(tally);
      if (before !== undefined) write(tally, before);
      written.delete(tally);
    },
  };
}
