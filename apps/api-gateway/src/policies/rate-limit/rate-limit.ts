import type { Metrics } from "@libs/monitoring";
import type { RateLimiter } from "@libs/rate-limit";
import type { PolicyVerdict } from "../../model/exchange/decision.ts";
import type { Exchange, TakenLimit } from "../../model/exchange/exchange.ts";
import type { MaybePromise } from "../../model/maybe-promise.ts";
import type { Policy, PolicyDefinition } from "../../model/exchange/policy.ts";
import type { SecurityEvents } from "../../telemetry/security-events.ts";
import { compileCallerKey } from "../caller-key.ts";
import { checkRateLimit } from "./check-rate-limit.ts";
import { DecisionCounts, declareDecisions } from "./decision-counts.ts";
import { compileLimitHeaders } from "./limit-headers.ts";
import type { LimiterPool } from "./limiter-pool.ts";
import { compileWeight, ownName, toRates, toSpec } from "./limit-spec.ts";
import { explainLimit, type LimitSettings, refusalOf } from "./limit-verdicts.ts";
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
  check: checkRateLimit,
  once: (config) => `${config.shared ? "shared" : "own"} ${ownName(config)}`,
  shared: ({ shared, name, limit, windowMs, burst, limits, store, onStoreError, lease, keysMax }) =>
    !shared || name === undefined
      ? null
      : { name, settings: { limit, windowMs, burst, limits, store, onStoreError, lease, keysMax } },
  create(config, deps) {
    const limit = compileLimit(config, deps);
    return (route) => new RouteLimit(limit, route.id);
  },
};

/** What the limits of all routes with an equal config have in common. */
type CompiledLimit = ReturnType<typeof compileLimit>;

function compileLimit(config: RateLimitConfig, deps: RateLimitDeps) {
  return {
    config,
    deps,
    rates: toRates(config),
    readKey: compileCallerKey(config.by),
    weigh: compileWeight(config),
    writeHeaders: compileLimitHeaders(config.headers),
    decisions: declareDecisions(deps.metrics),
  };
}

class RouteLimit implements Policy {
  readonly #limit: CompiledLimit;
  readonly #routeId: string;
  readonly #name: string;
  readonly #limiter: RateLimiter;
  readonly #counts: DecisionCounts;
  readonly dispose: () => MaybePromise<void>;

  constructor(limit: CompiledLimit, routeId: string) {
    const { config, deps, rates, decisions } = limit;
    const spec = toSpec(config, `route ${routeId}`, rates);
    const { limiter, release } = deps.limiters.acquire(spec);
    this.#limit = limit;
    this.#routeId = routeId;
    this.#name = spec.name;
    this.#limiter = limiter;
    this.#counts = new DecisionCounts({
      decisions,
      route: routeId,
      limit: spec.name,
      dryRun: config.dryRun,
    });
    this.dispose = release;
  }

  request(exchange: Exchange): MaybePromise<undefined> {
    const taken = this.#take(exchange, this.#limit.config.cost);
    return taken instanceof Promise
      ? taken.then((late) => this.#settle(exchange, late))
      : this.#settle(exchange, taken);
  }

  response(exchange: Exchange): MaybePromise<void> {
    const { response, limits } = exchange;
    const taken = limits === null ? null : takenBy(this, limits);
    if (taken === null || response === null) return undefined;
    const { config, writeHeaders } = this.#limit;
    const { dryRun, responseCost } = config;
    if (!dryRun) writeHeaders(response.headers, taken.decision, taken.weight);
    if (responseCost === undefined || !taken.decision.allowed) return undefined;
    if (exchange.refusedBy === rateLimit.type) return undefined;
    const units = readResponseCost(response, responseCost, exchange.method);
    if (units !== null) return charge(taken, units);
    return exchange.onEnd(() => void charge(taken, exchange.bytesOut));
  }

  async explain(exchange: Exchange): Promise<PolicyVerdict> {
    return explainLimit(this.#settings, await this.#take(exchange, 0));
  }

  get #settings(): LimitSettings {
    const { cost, dryRun } = this.#limit.config;
    return { limit: this.#name, cost, dryRun };
  }

  /** Takes units from the caller's bucket; 0 only looks at it. */
  #take(exchange: Exchange, units: number): MaybePromise<TakenLimit> {
    const { readKey, weigh } = this.#limit;
    const limiter = this.#limiter;
    const key = readKey(exchange);
    const weight = weigh(exchange);
    const decision = limiter.take(key, units, weight);
    return decision instanceof Promise
      ? decision.then((late) => ({ by: this, limiter, key, weight, units, decision: late }))
      : { by: this, limiter, key, weight, units, decision };
  }

  #settle(exchange: Exchange, taken: TakenLimit): undefined {
    const limits = (exchange.limits ??= []);
    this.#counts.count(taken.decision);
    const isRefused = !taken.decision.allowed && !this.#limit.config.dryRun;
    if (isRefused) giveBack(limits);
    limits.push(taken);
    if (isRefused) this.#refuse(exchange, taken);
  }

  #refuse(exchange: Exchange, taken: TakenLimit): never {
    const { error, verdict, isAbuse } = refusalOf(this.#settings, taken);
    exchange.refusal = verdict;
    if (isAbuse) {
      const { config, deps } = this.#limit;
      deps.securityEvents.report({
        kind: "rate_limited",
        route: this.#routeId,
        reason: config.name ?? "rate-limit",
        address: exchange.clientIp,
      });
    }
    throw error;
  }
}

function charge({ limiter, key, weight }: TakenLimit, units: number): MaybePromise<void> {
  return units > 0 ? limiter.charge(key, units, weight) : undefined;
}

/** Refunds what earlier limits took for a request that another limit of its route refuses. */
function giveBack(limits: readonly TakenLimit[]): void {
  for (const { limiter, key, weight, units, decision } of limits)
    if (decision.allowed && decision.states.length > 0 && units > 0) void limiter.charge(key, -units, weight);
}

function takenBy(by: object, limits: readonly TakenLimit[]): TakenLimit | null {
  for (const taken of limits) if (taken.by === by) return taken;
  return null;
}
