import { stateOf } from "./gcra.ts";
import { gcraScript } from "./gcra-script.ts";
import { type CompiledRate, compileRates, type Rate } from "./rate.ts";
import type { RateDecision, RateLimiter } from "./rate-limiter.ts";
import type { RedisScripting } from "./redis-script.ts";

export interface RedisLimiterOptions {
  readonly redis: RedisScripting & { del(key: string): Promise<unknown> };
  readonly rates: readonly Rate[];
  /** Prefix of every key: unique per limiter, so that two limiters never share buckets. */
  readonly prefix: string;
}

/** Exact limits over all instances: one atomic script per request, one key per bucket, on the clock of Redis only. */
export class RedisLimiter implements RateLimiter {
  readonly rates: readonly Rate[];
  readonly #compiled: readonly CompiledRate[];
  readonly #options: RedisLimiterOptions;
  readonly #rateArguments: readonly number[];

  constructor(options: RedisLimiterOptions) {
    this.#options = options;
    this.rates = options.rates;
    this.#compiled = compileRates(options.rates);
    this.#rateArguments = this.#compiled.flatMap((rate) => [rate.intervalMs * 1000, rate.toleranceMs * 1000]);
  }

  async take(key: string, cost: number, weight = 1): Promise<RateDecision> {
    return this.#decode(await this.#run("take", key, cost / weight), weight);
  }

  async charge(key: string, cost: number, weight = 1): Promise<void> {
    await this.#run("charge", key, cost / weight);
  }

  async reset(key: string): Promise<void> {
    await this.#options.redis.del(this.#options.prefix + key);
  }

  async close(): Promise<void> {
    // the client belongs to its creator
  }

  #run(mode: "take" | "charge", key: string, cost: number): Promise<unknown> {
    return gcraScript(this.#options.redis, this.#options.prefix + key, [mode, cost, ...this.#rateArguments]);
  }

  #decode(reply: unknown, weight: number): RateDecision {
    const [allowed, waitUs, nowUs, ...arrivalsUs] = Array.isArray(reply) ? reply.map(Number) : [];
    if (allowed === undefined || waitUs === undefined || nowUs === undefined) {
      throw new Error("the rate limit script gave no decision");
    }
    return {
      allowed: allowed === 1,
      retryAfterMs: waitUs < 0 ? Number.POSITIVE_INFINITY : waitUs / 1000,
      states: this.#compiled.map((rate, index) => {
        const arrivalMs = ((arrivalsUs[index] ?? nowUs) - nowUs) / 1000;
        return stateOf(arrivalMs, 0, weight, rate);
      }),
    };
  }
}
