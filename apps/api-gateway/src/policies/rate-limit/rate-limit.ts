import type { Metrics } from "@libs/monitoring";
import type { Exchange, TakenLimit } from "../../model/exchange/exchange.ts";
import type { MaybePromise } from "../../model/maybe-promise.ts";
import type { PolicyDefinition } from "../../model/exchange/policy.ts";
import type { SecurityEvents } from "../../telemetry/security-events.ts";
import { compileCallerKey } from "../caller-key.ts";
import { checkRateLimit } from "./check-rate-limit.ts";
import { compileLimitHeaders } from "./limit-headers.ts";
import type { LimiterPool } from "./limiter-pool.ts";
import { compileWeight, countDecisions, toSpec } from "./limit-spec.ts";
import { explainLimit, refusalOf } from "./limit-verdicts.ts";
import { readResponseCost } from "./response-cost.ts";
import { rateLimitSchema } from "./schema.ts";

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
  check: checkRateLimit,
  shared: ({ shared, name, limit, windowMs, burst, limits, store, onStoreError, lease, keysMax }) =>
    !shared || name === undefined
      ? null
      : { name, settings: { limit, windowMs, burst, limits, store, onStoreError, lease, keysMax } },
  create(config, deps, route) {
    const { cost, dryRun, headers: style, responseCost } = config;
    const spec = toSpec(config, `route ${route.id}`);
    const settings = { limit: spec.name, cost, dryRun };
    const { limiter, release } = deps.limiters.acquire(spec);
    const readKey = compileCallerKey(config.by);
    const weigh = compileWeight(config);
    const count = countDecisions(deps.metrics, { route: route.id, limit: spec.name, dryRun });
    const writeHeaders = compileLimitHeaders(style);

    /** Takes units from the caller's bucket; 0 only looks at it. */
    function take(exchange: Exchange, units: number): MaybePromise<TakenLimit> {
      const key = readKey(exchange);
      const weight = weigh(exchange);
      const decision = limiter.take(key, units, weight);
      return decision instanceof Promise
        ? decision.then((late) => ({ by: spec, limiter, key, weight, units, decision: late }))
        : { by: spec, limiter, key, weight, units, decision };
    }

    function settle(exchange: Exchange, taken: TakenLimit): undefined {
      const limits = (exchange.limits ??= []);
      count(taken.decision);
      const isRefused = !taken.decision.allowed && !dryRun;
      if (isRefused) giveBack(limits);
      limits.push(taken);
      if (isRefused) refuse(exchange, taken);
    }

    function refuse(exchange: Exchange, taken: TakenLimit): never {
      const { error, verdict, isAbuse } = refusalOf(settings, taken);
      exchange.refusal = verdict;
      if (isAbuse) {
        deps.securityEvents.report({
          kind: "rate_limited",
          route: route.id,
          reason: config.name ?? "rate-limit",
          address: exchange.clientIp,
        });
      }
      throw error;
    }

    function charge({ key, weight }: TakenLimit, units: number): MaybePromise<void> {
      return units > 0 ? limiter.charge(key, units, weight) : undefined;
    }

    return {
      request(exchange) {
        const taken = take(exchange, cost);
        return taken instanceof Promise
          ? taken.then((late) => settle(exchange, late))
          : settle(exchange, taken);
      },
      response(exchange) {
        const { response, limits } = exchange;
        const taken = limits === null ? null : takenBy(spec, limits);
        if (taken === null || response === null) return undefined;
        if (!dryRun) writeHeaders(response.headers, taken.decision, taken.weight);
        if (responseCost === undefined || !taken.decision.allowed) return undefined;
        if (exchange.refusedBy === rateLimit.type) return undefined;
        const units = readResponseCost(response, responseCost, exchange.method);
        if (units !== null) return charge(taken, units);
        return exchange.onEnd(() => void charge(taken, exchange.bytesOut));
      },
      explain: async (exchange) => explainLimit(settings, await take(exchange, 0)),
      dispose: release,
    };
  },
};

/** Undoes what the limits before have taken for a request that another one of its route refuses. */
function giveBack(limits: readonly TakenLimit[]): void {
  for (const { limiter, key, weight, units, decision } of limits)
    if (decision.allowed && decision.states.length > 0 && units > 0) void limiter.charge(key, -units, weight);
}

function takenBy(by: object, limits: readonly TakenLimit[]): TakenLimit | null {
  for (const taken of limits) if (taken.by === by) return taken;
  return null;
}
