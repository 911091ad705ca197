import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { exponentialBackoff } from "./backoff.ts";

describe("backoff", () => {
  test("doubles its ceiling from the base up to the maximum", () => {
    const backoff = exponentialBackoff({ baseMs: 25, maxMs: 250, random: () => 1 });
    expect([1, 2, 3, 4, 5, 6].map((retry) => backoff.delayMs(retry))).toEqual([25, 50, 100, 200, 250, 250]);
  });

  test("stays between 0 and the maximum for any attempt and random number", () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (retry, random) => {
          const delay = exponentialBackoff({ baseMs: 25, maxMs: 250, random: () => random }).delayMs(retry);
          expect(delay).toBeGreaterThanOrEqual(0);
          expect(delay).toBeLessThanOrEqual(250);
        },
      ),
    );
  });
});
