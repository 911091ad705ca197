import { expect, test } from "bun:test";
import { InProcessLimiter } from "./in-process-limiter.ts";
import type { Rate } from "./rate.ts";
import { describeRateLimiter } from "./rate-limiter.contract.ts";

let time = 0;

function create(
  rates: readonly Rate[],
  keysMax = 10_000,
  onEvicted?: (buckets: number) => void,
): InProcessLimiter {
  return new InProcessLimiter({
    rates,
    keysMax,
    monotonicNow: () => time,
    ...(onEvicted ? { onEvicted } : {}),
  });
}

describeRateLimiter(
  "the limiter in process",
  async (rates) => create(rates),
  (ms) => {
    time += ms;
  },
);

test("the limit refills evenly: at most limit plus burst pass in every window", () => {
  const limiter = create([{ name: "r", limit: 100, windowMs: 1000, burst: 10 }]);
  const passed: number[] = [];
  const start = time;
  for (; time < start + 10_000; time += 1) if (limiter.take("user", 1).allowed) passed.push(time);
  expect(passed.length).toBe(10 + 999);
  for (let from = start; from < start + 9000; from += 100) {
    expect(passed.filter((at) => at >= from && at < from + 1000).length).toBeLessThanOrEqual(110);
  }
});

test("forgetting a bucket that has refilled changes no decision", () => {
  const limiter = create([{ name: "r", limit: 2, windowMs: 1000 }]);
  limiter.take("user", 2);
  for (let index = 0; index < 40; index += 1) {
    time += 100;
    const allowed = limiter.take("user", 1).allowed;
    expect([index, allowed]).toEqual([index, (index + 1) % 5 === 0]);
  }
});

test("a flood of a million keys stays within the bound and is reported", () => {
  let evicted = 0;
  const limiter = create([{ name: "r", limit: 1, windowMs: 3_600_000 }], 1000, (buckets) => {
    evicted += buckets;
  });
  for (let index = 0; index < 1_000_000; index += 1) limiter.take(`2001:db8::${index}`, 1);
  expect(limiter.size).toBeLessThanOrEqual(1000);
  expect(evicted).toBeGreaterThan(990_000);
});

test("refilled buckets are removed without a sweep", () => {
  const limiter = create([{ name: "r", limit: 10, windowMs: 1000 }]);
  for (let index = 0; index < 5000; index += 1) limiter.take(`k${index}`, 1);
  time += 2000;
  limiter.take("other", 1);
  time += 2000;
  limiter.take("other", 1);
  expect(limiter.size).toBe(1);
});

test("an impossible rate is refused", () => {
  expect(() => create([{ name: "r", limit: 0, windowMs: 1000 }])).toThrow(RangeError);
  expect(() => create([{ name: "r", limit: 1, windowMs: 0 }])).toThrow(RangeError);
  expect(() => create([{ name: "r", limit: 1, windowMs: 1, burst: 0.5 }])).toThrow(RangeError);
});
