import type { RedisClient } from "@libs/database";
import type { Logger } from "@libs/monitoring";
import { GuardedLimiter, InProcessLimiter, RedisLimiter } from "@libs/rate-limit";
import type { CreateLimiter } from "./guess-throttle.ts";

const keysMax = 200_000;
const timeoutMs = 250;
const pauseMs = 1000;

/** Across all instances where they share a Redis, and in this process while Redis is away or absent. */
export function createThrottleLimiter(redis: RedisClient | null, logger: Logger): CreateLimiter {
  const monotonicNow = (): number => performance.now();
  return (name, rates) => {
    const local = new InProcessLimiter({ rates, keysMax, monotonicNow });
    if (redis === null) return local;
    return new GuardedLimiter({
      source: new RedisLimiter({ redis: redis.driver, rates, prefix: `cartway:limit:${name}:` }),
      local,
      onStoreError: "local",
      timeoutMs,
      pauseMs,
      monotonicNow,
      onError: (error) => logger.warn({ err: error, limit: name }, "a limit is counted in this process only"),
      onFallback: () => undefined,
    });
  };
}
