import { CartwayError } from "@libs/errors";
import type { Metrics } from "@libs/monitoring";
import type { RateDecision } from "@libs/rate-limit";
import type { ConfigIssue } from "../../model/config-issue.ts";
import type { PolicyVerdict } from "../../model/decision.ts";
import type { Exchange, TakenLimit } from "../../model/exchange.ts";
import type { MaybePromise } from "../../model/maybe-promise.ts";
import type { PolicyDefinition, PolicyPlace } from "../../model/policy.ts";
import type { SecurityEvents } from "../../telemetry/security-events.ts";
import { compileCallerKey } from "../caller-key.ts";
import { compileLimitHeaders } from "./limit-headers.ts";
import type { LimiterPool } from "./limiter-pool.ts";
import { checkLimit, compileWeight, countDecisions, toSpec } from "./limit-spec.ts";
import { storeUnavailable } from "./store-unavailable.ts";
import { readResponseCost } from "./response-cost.ts";
import { type RateLimitConfig, rateLimitSchema } from "./schema.ts";

export interface RateLimitDeps {
  readonly limiters: LimiterPool;
  readonly securityEvents: SecurityEvents;
  readonly metrics: Metrics;
}

/** Limits a caller's requests, over one or several windows at once. */
export const rateLimit: PolicyDefinition<typeof rateLimitSchema, RateLimitDeps> = {
  type: "rate-limit",
  phase: "admit",
  schema: rateLimitSchema,
  check,
  shared: ({ shared, name, limit, windowMs, burst, limits, store, onStoreError, lease, keysMax }) =>
    !shared || name === undefined
      ? null
      : { name, settings: { limit, windowMs, burst, limits, store, onStoreError, lease, keysMax } },
  create(config, deps, route) {
    const spec = toSpec(config, `route ${route.id}`);
    const { limiter, release } = deps.limiters.acquire(spec);
    const readKey = compileCallerKey(config.by);
    const weigh = compileWeight(config);
    const { cost, dryRun, headers: style, responseCost } = config;
    const count = countDecisions(deps.metrics, { route: route.id, limit: spec.name, dryRun });
    const writeHeaders = compileLimitHeaders(style);
    const isToldOrCharged = style !== "none" || responseCost !== undefined;

    function settle(exchange: Exchange, key: string, weight: number, decision: RateDecision): undefined {
      if (isToldOrCharged) (exchange.limits ??= []).push({ by: spec, key, weight, decision });
      count(decision);
      if (decision.allowed || dryRun) return undefined;
      throw decision.storeIsAway === true
        ? refuseBlindly(exchange, key, decision)
        : refuse(exchange, key, decision);
    }

    async function settleLate(
      exchange: Exchange,
      key: string,
      weight: number,
      decision: Promise<RateDecision>,
    ): Promise<undefined> {
      return settle(exchange, key, weight, await decision);
    }

    function refuseBlindly(exchange: Exchange, key: string, decision: RateDecision): CartwayError {
      exchange.refusal = storeAway(key);
      return storeUnavailable(spec.name, decision);
    }

    /** The limit could not be checked: neither the caller's fault, nor a sign of abuse. */
    function storeAway(key: string): PolicyVerdict {
      return {
        verdict: "refuse",
        inputs: { limit: spec.name, key, store: "away" },
        counterfactual: "a store that answers, or another onStoreError than deny",
        status: 503,
      };
    }

    function refuse(exchange: Exchange, key: string, decision: RateDecision): CartwayError {
      const violated = violatedBy(decision, cost);
      deps.securityEvents.report({
        kind: "rate_limited",
        route: route.id,
        reason: config.name ?? "rate-limit",
        address: exchange.clientIp,
      });
      const isPossible = Number.isFinite(decision.retryAfterMs);
      exchange.refusal = {
        verdict: "refuse",
        inputs: { limit: spec.name, key, violated },
        counterfactual: isPossible
          ? `would pass in ${Math.ceil(decision.retryAfterMs)} ms`
          : "costs more than a burst allows",
        status: 429,
      };
      return new CartwayError("rate_limited", {
        message: "Too many requests. Wait as Retry-After says, then go on more slowly.",
        details: { violated },
        ...(isPossible ? { retryAfterSeconds: decision.retryAfterMs / 1000 } : {}),
      });
    }

    /** Inspects the bucket without taking from it. */
    function explain(key: string, weight: number, decision: RateDecision): PolicyVerdict {
      if (decision.storeIsAway === true && !dryRun) return storeAway(key);
      const violated = violatedBy(decision, cost);
      const left = decision.states.map(({ rate, remaining, resetMs }) => ({
        rate: rate.name,
        remaining,
        resetMs: Math.ceil(resetMs),
      }));
      const inputs = { limit: spec.name, key, cost, weight, left, dryRun };
      if (violated.length === 0 || dryRun) return { verdict: "pass", inputs };
      const counterfactual = `${cost} left of ${violated.join(" and ")}`;
      return { verdict: "refuse", inputs, counterfactual, status: 429 };
    }

    function charge({ key, weight }: TakenLimit, units: number): MaybePromise<void> {
      return units > 0 ? limiter.charge(key, units, weight) : undefined;
    }

    function chargeAtEnd(exchange: Exchange, taken: TakenLimit): void {
      exchange.onEnd(() => void charge(taken, exchange.bytesOut));
    }

    return {
      explain(exchange) {
        const key = readKey(exchange);
        const weight = weigh(exchange);
        const decision = limiter.take(key, 0, weight);
        return decision instanceof Promise
          ? decision.then((late) => explain(key, weight, late))
          : explain(key, weight, decision);
      },
      request(exchange) {
        const key = readKey(exchange);
        const weight = weigh(exchange);
        const decision = limiter.take(key, cost, weight);
        return decision instanceof Promise
          ? settleLate(exchange, key, weight, decision)
          : settle(exchange, key, weight, decision);
      },
      response(exchange) {
        const { response, limits } = exchange;
        const mine = limits === null ? null : takenBy(spec, limits);
        if (mine === null || response === null) return undefined;
        if (!dryRun) writeHeaders(response.headers, mine.decision, mine.weight);
        if (responseCost === undefined || !mine.decision.allowed) return undefined;
        const spent = readResponseCost(response, responseCost, exchange.method);
        return spent === null ? chargeAtEnd(exchange, mine) : charge(mine, spent);
      },
      dispose: release,
    };
  },
};

function takenBy(by: object, limits: readonly TakenLimit[]): TakenLimit | null {
  for (const taken of limits) if (taken.by === by) return taken;
  return null;
}

function violatedBy({ states }: RateDecision, cost: number): readonly string[] {
  return states.filter((state) => state.remaining < cost).map((state) => state.rate.name);
}

/** Refuses keys that nothing on the route determines: everybody would silently be counted by address. */
function checkWhoCounts({ by }: RateLimitConfig, { policies }: PolicyPlace): ConfigIssue[] {
  return by.flatMap((part, index) => {
    const needs = part === "user" || part === "key" || (typeof part === "object" && "claim" in part);
    const finders = part === "tenant" ? ["tenant", "authenticate"] : needs ? ["authenticate"] : [];
    if (finders.length === 0 || finders.some((type) => policies.includes(type))) return [];
    const message = `${JSON.stringify(part)} is known of nobody on this route: all would be counted by address`;
    return [{ path: `/by/${index}`, message, expected: `a policy ${finders.join(" or ")} beside it, or ip` }];
  });
}

function check(config: RateLimitConfig, place: PolicyPlace): readonly ConfigIssue[] {
  return [...checkWhoCounts(config, place), ...checkLimit(config, config.cost)];
}
