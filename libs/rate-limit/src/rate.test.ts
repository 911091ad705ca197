import { expect, test } from "bun:test";
import { compileRates } from "./rate.ts";

test("limiters of one list of rates share what is computed from it", () => {
  const rate = { name: "r", limit: 4, windowMs: 1000, burst: 2 };
  const rates = [rate];
  expect(compileRates(rates)).toBe(compileRates(rates));
  expect(compileRates(rates)).toEqual([{ rate, intervalMs: 250, toleranceMs: 500 }]);
  expect(compileRates([...rates])).not.toBe(compileRates(rates));
});
