import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { anyOf } from "./any-of.ts";
import { consecutiveFailures } from "./consecutive-failures.ts";
import { failureRate } from "./failure-rate.ts";

const options = { ratioMax: 0.5, windowMs: 10_000, callsMin: 20 };

describe("the failure rate", () => {
  test("has no verdict below the minimum number of calls", () => {
    const rate = failureRate(options);
    const verdicts = Array.from({ length: 19 }, () => rate.onFailure(0));
    expect(verdicts).not.toContain(true);
    expect(rate.onFailure(0)).toBe(true);
  });

  test("opens above the ratio, not at it", () => {
    const rate = failureRate(options);
    for (let call = 0; call < 20; call += 1) rate.onSuccess(0);
    const verdicts = Array.from({ length: 20 }, () => rate.onFailure(0));
    expect(verdicts).not.toContain(true);
    expect(rate.onFailure(0)).toBe(true);
  });

  test("forgets calls that left the window, slice by slice or all at once", () => {
    const rate = failureRate(options);
    for (let call = 0; call < 19; call += 1) rate.onFailure(500);
    expect(rate.onFailure(10_600)).toBe(false);
    for (let call = 0; call < 18; call += 1) rate.onFailure(15_000);
    expect(rate.onFailure(15_000)).toBe(true);
    expect(rate.onFailure(1_000_000)).toBe(false);
  });

  test("starts a new count after a reset", () => {
    const rate = failureRate(options);
    for (let call = 0; call < 30; call += 1) rate.onFailure(0);
    rate.reset();
    expect(rate.onFailure(0)).toBe(false);
  });

  test("equals a count of the calls in the last ten slices, for any sequence", () => {
    const calls = fc.array(fc.record({ gapMs: fc.nat(4000), failed: fc.boolean() }), { maxLength: 200 });
    fc.assert(
      fc.property(calls, (sequence) => {
        const rate = failureRate(options);
        const seen: { slice: number; failed: boolean }[] = [];
        let now = 0;
        for (const { gapMs, failed } of sequence) {
          now += gapMs;
          const slice = Math.floor(now / 1000);
          seen.push({ slice, failed });
          const recent = seen.filter((call) => slice - call.slice < 10);
          const failures = recent.filter((call) => call.failed).length;
          if (!failed) rate.onSuccess(now);
          else expect(rate.onFailure(now)).toBe(recent.length >= 20 && failures > recent.length / 2);
        }
      }),
    );
  });
});

describe("a combination of strategies", () => {
  test("opens as soon as one of them would, and reports every outcome to each", () => {
    const both = anyOf(consecutiveFailures({ failuresMax: 5 }), failureRate(options));
    const inARow = Array.from({ length: 5 }, () => both.onFailure(0));
    expect(inARow).toEqual([false, false, false, false, true]);
    both.reset();
    const mixed = Array.from({ length: 10 }, () => {
      both.onSuccess(0);
      both.onFailure(0);
      return both.onFailure(0);
    });
    // 2 of 3 fail, never 5 in a row: the rate opens at the 20th call, which is the 7th round.
    expect(mixed.indexOf(true)).toBe(6);
  });
});
