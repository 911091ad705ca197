import { toCartwayError } from "@libs/errors";
import type { PolicyDecision, PolicyVerdict } from "../model/decision.ts";
import type { Exchange } from "../model/exchange.ts";
import type { Policy } from "../model/policy.ts";
import type { CompiledRoute } from "../pipeline/compiled-route.ts";
import type { Ending } from "./explanation.ts";

export interface ExplainedPolicies {
  readonly decisions: readonly PolicyDecision[];
  /** Types of those after the one that ends the request. */
  readonly notReached: readonly string[];
  /** `null` where the request goes on to its service. */
  readonly end: Extract<Ending, { kind: "refused" | "answered" }> | null;
}

/** Asks each policy of a route in its turn. The exchange is changed as it would be on the way. */
export async function explainPolicies(route: CompiledRoute, exchange: Exchange): Promise<ExplainedPolicies> {
  const { policies } = route;
  const decisions: PolicyDecision[] = [];
  for (const [index, { type, phase, policy }] of policies.entries()) {
    const verdict = await ask(policy, exchange);
    decisions.push({ step: "policy", policy: type, phase, ...verdict });
    if (verdict.verdict === "pass" || verdict.verdict === "skip") continue;
    const kind = verdict.verdict === "refuse" ? "refused" : "answered";
    return {
      decisions,
      notReached: policies.slice(index + 1).map((later) => later.type),
      end: { kind, by: type, status: verdict.status ?? 500 },
    };
  }
  return { decisions, notReached: [], end: null };
}

/** A policy that throws ends the request, here as there. */
async function ask(policy: Policy, exchange: Exchange): Promise<PolicyVerdict> {
  try {
    return await policy.explain(exchange);
  } catch (thrown) {
    const { status, code } = toCartwayError(thrown);
    return { verdict: "refuse", inputs: { error: code }, status };
  }
}
