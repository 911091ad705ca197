import { CartwayError } from "@libs/errors";
import type { RateDecision } from "@libs/rate-limit";
import type { PolicyVerdict } from "../../model/exchange/decision.ts";
import type { TakenLimit } from "../../model/exchange/exchange.ts";
import { storeUnavailable } from "./store-unavailable.ts";

export interface LimitSettings {
  readonly limit: string;
  /** Units per request. */
  readonly cost: number;
  readonly dryRun: boolean;
}

/** A refused request: the error for the caller, and the verdict for operators. */
export interface LimitRefusal {
  readonly error: CartwayError;
  readonly verdict: PolicyVerdict;
  /** Not if the limit could not be checked: that is neither the caller's fault nor a sign of abuse. */
  readonly isAbuse: boolean;
}

export function refusalOf({ limit, cost }: LimitSettings, { key, decision }: TakenLimit): LimitRefusal {
  if (decision.storeIsAway === true)
    return { error: storeUnavailable(limit, decision), verdict: storeFailure(limit, key), isAbuse: false };
  const violated = violatedBy(decision, cost);
  const isPossible = Number.isFinite(decision.retryAfterMs);
  const error = new CartwayError("rate_limited", {
    message: "Too many requests. Wait for the time in Retry-After, then send fewer.",
    details: { violated },
    ...(isPossible ? { retryAfterSeconds: decision.retryAfterMs / 1000 } : {}),
  });
  const verdict: PolicyVerdict = {
    verdict: "refuse",
    inputs: { limit, key, violated },
    counterfactual: isPossible
      ? `would pass in ${Math.ceil(decision.retryAfterMs)} ms`
      : "costs more than a burst allows",
    status: 429,
  };
  return { error, verdict, isAbuse: true };
}

/** The verdict on a request with this key, by inspecting its bucket without taking from it. */
export function explainLimit(
  { limit, cost, dryRun }: LimitSettings,
  { key, weight, decision }: TakenLimit,
): PolicyVerdict {
  if (decision.storeIsAway === true && !dryRun) return storeFailure(limit, key);
  const violated = violatedBy(decision, cost);
  const left = decision.states.map(({ rate, remaining, resetMs }) => ({
    rate: rate.name,
    remaining,
    resetMs: Math.ceil(resetMs),
  }));
  const inputs = { limit, key, cost, weight, left, dryRun };
  if (violated.length === 0 || dryRun) return { verdict: "pass", inputs };
  const counterfactual = `${cost} left of ${violated.join(" and ")}`;
  return { verdict: "refuse", inputs, counterfactual, status: 429 };
}

function storeFailure(limit: string, key: string): PolicyVerdict {
  return {
    verdict: "refuse",
    inputs: { limit, key, store: "away" },
    counterfactual: "a store that responds, or an onStoreError other than deny",
    status: 503,
  };
}

function violatedBy({ states }: RateDecision, cost: number): readonly string[] {
  return states.filter((state) => state.remaining < cost).map((state) => state.rate.name);
}
