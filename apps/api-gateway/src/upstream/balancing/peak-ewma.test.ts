import { expect, test } from "bun:test";
import { PeakEwma } from "./peak-ewma.ts";

test("a peak counts at once, and decays with time rather than with the number of responses", () => {
  const latency = new PeakEwma(1000);
  expect(latency.valueAt(0)).toBe(0);
  latency.observe(10, 0);
  latency.observe(200, 0);
  expect(latency.valueAt(0)).toBe(200);
  for (let answer = 0; answer < 100; answer += 1) latency.observe(10, 0);
  expect(latency.valueAt(0)).toBe(200);
  latency.observe(10, 1000);
  const after = 200 / Math.E + 10 * (1 - 1 / Math.E);
  expect(Math.abs(latency.valueAt(1000) - after)).toBeLessThan(0.001);
  expect(latency.valueAt(60_000)).toBeLessThan(0.001);
});
