import { describe, expect, test } from "bun:test";
import type { Rate } from "./rate.ts";
import type { RateLimiter } from "./rate-limiter.ts";

/** A refill too slow for any test to see a unit return. */
const day = 86_400_000;

/** What every limiter guarantees. `create` returns one with full buckets; `time` advances its clock, where possible. */
export function describeRateLimiter(
  name: string,
  create: (rates: readonly Rate[]) => Promise<RateLimiter>,
  advance: ((ms: number) => void) | null,
): void {
  describe(name, () => {
    test("of 1,200 requests at once exactly the limit of 1,000 passes", async () => {
      const limiter = await create([{ name: "daily", limit: 1000, windowMs: day }]);
      const decisions = await Promise.all(Array.from({ length: 1200 }, async () => limiter.take("user", 1)));
      expect(decisions.filter((decision) => decision.allowed).length).toBe(1000);
      await limiter.close();
    });

    test("keys are independent, and a reset refills one", async () => {
      const limiter = await create([{ name: "daily", limit: 1, windowMs: day }]);
      const passes = async (key: string) => (await limiter.take(key, 1)).allowed;
      expect([await passes("a"), await passes("a"), await passes("b")]).toEqual([true, false, true]);
      await limiter.reset("a");
      expect([await passes("a"), await passes("b")]).toEqual([true, false]);
      await limiter.close();
    });

    test("a request takes from every rate or from none", async () => {
      const limiter = await create([
        { name: "burst", limit: 2, windowMs: day },
        { name: "daily", limit: 10, windowMs: day },
      ]);
      for (let index = 0; index < 5; index += 1) await limiter.take("user", 1);
      const { allowed, states } = await limiter.take("user", 0);
      expect(allowed).toBe(true);
      expect(states.map((state) => [state.rate.name, state.remaining])).toEqual([
        ["burst", 0],
        ["daily", 8],
      ]);
      await limiter.close();
    });

    test("a cost above the burst never passes, and reports so", async () => {
      const limiter = await create([{ name: "daily", limit: 100, windowMs: day, burst: 5 }]);
      expect(await limiter.take("user", 6)).toMatchObject({
        allowed: false,
        retryAfterMs: Number.POSITIVE_INFINITY,
      });
      expect((await limiter.take("user", 5)).allowed).toBe(true);
      await limiter.close();
    });

    test("a weight of 3 allows three times the limit", async () => {
      const limiter = await create([{ name: "daily", limit: 4, windowMs: day }]);
      let passed = 0;
      for (let index = 0; index < 20; index += 1) {
        if ((await limiter.take("gold", 1, 3)).allowed) passed += 1;
      }
      expect(passed).toBe(12);
      await limiter.close();
    });

    test("later charges reduce the next requests' budget, and debts are bounded", async () => {
      const limiter = await create([{ name: "daily", limit: 10, windowMs: day }]);
      await limiter.charge("user", 7);
      expect((await limiter.take("user", 0)).states[0]?.remaining).toBe(3);
      await limiter.charge("user", 1_000_000);
      const { retryAfterMs, allowed } = await limiter.take("user", 1);
      expect(allowed).toBe(false);
      expect(retryAfterMs).toBeLessThanOrEqual(day * 1.2);
      await limiter.close();
    });

    test("returned tokens can be taken again, up to a full bucket", async () => {
      const limiter = await create([{ name: "daily", limit: 40, windowMs: day }]);
      for (let index = 0; index < 40; index += 1) await limiter.take("user", 1);
      await limiter.charge("user", -2);
      const again = [];
      for (let index = 0; index < 3; index += 1) again.push((await limiter.take("user", 1)).allowed);
      expect(again).toEqual([true, true, false]);
      await limiter.charge("user", -1000);
      let passed = 0;
      while ((await limiter.take("user", 1)).allowed) passed += 1;
      expect(passed).toBe(40);
      await limiter.close();
    });

    test("a refusal reports the wait after which the same request passes", async () => {
      const limiter = await create([{ name: "fast", limit: 20, windowMs: 1000, burst: 1 }]);
      expect((await limiter.take("user", 1)).allowed).toBe(true);
      const refused = await limiter.take("user", 1);
      expect(refused.allowed).toBe(false);
      expect(refused.retryAfterMs).toBeGreaterThan(0);
      expect(refused.retryAfterMs).toBeLessThanOrEqual(50);
      if (advance === null) await Bun.sleep(Math.ceil(refused.retryAfterMs) + 2);
      else advance(refused.retryAfterMs);
      expect((await limiter.take("user", 1)).allowed).toBe(true);
      await limiter.close();
    });
  });
}
