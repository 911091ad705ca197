import { expect, test } from "bun:test";
import { TokenBucket } from "./token-bucket.ts";

const rate = { perSec: 10, burst: 3 };

test("the burst passes at once, then one per interval, and the reported wait is exact", () => {
  const bucket = new TokenBucket(rate, 0);
  expect([1, 2, 3].map(() => bucket.take(rate, 0))).toEqual([0, 0, 0]);
  expect(bucket.take(rate, 0)).toBe(100);
  expect(bucket.take(rate, 99)).toBe(1);
  expect(bucket.take(rate, 100)).toBe(0);
});

test("an idle bucket fills to its burst and no further", () => {
  const bucket = new TokenBucket(rate, 0);
  expect([1, 2, 3, 4].map(() => bucket.take(rate, 1_000_000)).filter((wait) => wait === 0).length).toBe(3);
});

test("a clock that steps back neither removes nor adds tokens", () => {
  const bucket = new TokenBucket(rate, 1000);
  expect([1, 2, 3].map(() => bucket.take(rate, 500))).toEqual([0, 0, 0]);
  expect(bucket.take(rate, 400)).toBeGreaterThan(0);
});
