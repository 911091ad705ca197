import { afterAll, describe, expect, test } from "bun:test";
import { serverSuiteName, serverUrl } from "@libs/testing";
import { Redis } from "ioredis";
import { LeasedLimiter } from "./leased-limiter.ts";
import type { Rate } from "./rate.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import { describeRateLimiter } from "./rate-limiter.contract.ts";
import { RedisLimiter } from "./redis-limiter.ts";

const url = serverUrl("redis");
const daily: Rate = { name: "daily", limit: 1000, windowMs: 86_400_000 };

describe.skipIf(url === null)(serverSuiteName("limiters", "redis"), () => {
  const redis = new Redis(url ?? "", { lazyConnect: true, enableAutoPipelining: true });
  const errors: unknown[] = [];
  afterAll(() => {
    redis.disconnect();
    expect(errors).toEqual([]);
  });

  function exact(rates: readonly Rate[], prefix = `test:${crypto.randomUUID()}:`): RedisLimiter {
    return new RedisLimiter({ redis, rates, prefix });
  }

  function leased(source: RateLimiter, share = 0.05): LeasedLimiter {
    return new LeasedLimiter({
      source,
      share,
      leaseMs: 200,
      keysMax: 100,
      monotonicNow: () => performance.now(),
      onError: (error) => errors.push(error),
    });
  }

  describeRateLimiter("one script on Redis", async (rates) => exact(rates), null);

  test("buckets expire once they are full", async () => {
    const prefix = `test:${crypto.randomUUID()}:`;
    await exact([{ name: "r", limit: 10, windowMs: 1000 }], prefix).take("user", 5);
    const left = await redis.pttl(`${prefix}user`);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(502);
  });

  test("a clock that jumps back blocks nobody for longer than two bursts", async () => {
    const prefix = `test:${crypto.randomUUID()}:`;
    await redis.set(`${prefix}user`, String(Date.now() * 1000 + 10 * 365 * 86_400_000_000));
    const limiter = exact([{ name: "r", limit: 10, windowMs: 1000 }], prefix);
    const { allowed, retryAfterMs } = await limiter.take("user", 1);
    expect(allowed).toBe(false);
    expect(retryAfterMs).toBeLessThanOrEqual(1100);
  });

  test("an invalid value counts as a full bucket", async () => {
    const prefix = `test:${crypto.randomUUID()}:`;
    await redis.set(`${prefix}user`, "");
    expect((await exact([daily], prefix).take("user", 1)).allowed).toBe(true);
  });

  test("three instances with leases together allow the limit, plus or minus unspent leases", async () => {
    const prefix = `test:${crypto.randomUUID()}:`;
    const instances = [1, 2, 3].map(() => leased(exact([daily], prefix)));
    const decisions = await Promise.all(
      Array.from({ length: 3000 }, async (_, index) => instances[index % 3]?.take("user", 1)),
    );
    const passed = decisions.filter((decision) => decision?.allowed).length;
    expect(passed).toBeLessThanOrEqual(1000);
    expect(passed).toBeGreaterThanOrEqual(1000 - 3 * 50);
  });

  test("over time, leases exceed the limit by at most one slice per instance", async () => {
    const prefix = `test:${crypto.randomUUID()}:`;
    const rate: Rate = { name: "fast", limit: 1000, windowMs: 1000, burst: 100 };
    const instances = [1, 2, 3].map(() => leased(exact([rate], prefix), 0.2));
    const startedAt = performance.now();
    let passed = 0;
    while (performance.now() - startedAt < 600) {
      const decisions = await Promise.all(instances.map(async (instance) => instance.take("user", 1)));
      passed += decisions.filter((decision) => decision.allowed).length;
    }
    const spanMs = performance.now() - startedAt;
    expect(passed).toBeLessThanOrEqual(100 + spanMs + 3 * 20);
    expect(passed).toBeGreaterThan(100);
    await Promise.all(instances.map((instance) => instance.close()));
  });

  test("closing returns unspent leases", async () => {
    const prefix = `test:${crypto.randomUUID()}:`;
    const limiter = leased(exact([daily], prefix));
    await limiter.take("user", 1);
    await limiter.close();
    expect((await exact([daily], prefix).take("user", 0)).states[0]?.remaining).toBe(999);
  });
});
