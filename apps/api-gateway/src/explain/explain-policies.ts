import { toCartwayError } from "@libs/errors";
import type { PolicyDecision, PolicyVerdict } from "../model/exchange/decision.ts";
import type { Exchange } from "../model/exchange/exchange.ts";
import type { Policy } from "../model/exchange/policy.ts";
import type { CompiledRoute } from "../pipeline/compiled-route.ts";
import type { Ending } from "./explanation.ts";

export interface ExplainedPolicies {
  readonly decisions: readonly PolicyDecision[];
  /** Types of the policies after the one that ends the request. */
  readonly notReached: readonly string[];
  /** `null` where the request reaches its service. */
  readonly end: Extract<Ending, { kind: "refused" | "answered" }> | null;
}

/** Evaluates each policy of a route in order. The exchange is modified as it would be for a real request. */
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

/** A policy that throws ends the request, as it does when serving. */
async function ask(policy: Policy, exchange: Exchange): Promise<PolicyVerdict> {
  try {
    return await policy.explain(exchange);
  } catch (thrown) {
    const { status, code } = toCartwayError(thrown);
    return { verdict: "refuse", inputs: { error: code }, status };
  }
}
