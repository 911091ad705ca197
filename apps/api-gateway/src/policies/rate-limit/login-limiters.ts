import type { CreateLimiter } from "@libs/auth";
import type { RateLimiter } from "@libs/rate-limit";
import type { LimiterPool } from "./limiter-pool.ts";

const bucketsMax = 100_000;

/** Creates the limiters against password guessing: over all instances with Redis, per process without it or during its outages. */
export function loginLimiters(limiters: LimiterPool, hasRedis: boolean): CreateLimiter {
  const shared = { type: "redis", onStoreError: "local", timeoutMs: 250, share: 1, leaseMs: 1000 } as const;
  const store = hasRedis ? shared : ({ type: "in-process" } as const);
  return (name, rates): RateLimiter => {
    const { limiter, release } = limiters.acquire({ name, rates, keysMax: bucketsMax, store });
    return {
      rates: limiter.rates,
      take: (key, cost, weight) => limiter.take(key, cost, weight),
      charge: (key, cost, weight) => limiter.charge(key, cost, weight),
      reset: (key) => limiter.reset(key),
      close: async () => await release(),
    };
  };
}
