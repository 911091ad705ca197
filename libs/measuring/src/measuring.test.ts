import { expect, spyOn, test } from "bun:test";
import { printFigures } from "./figures.ts";
import { Latencies } from "./latencies.ts";
import { watchOwnLoad } from "./own-load.ts";

test("percentiles are exact whatever the order and number of values", () => {
  const latencies = new Latencies();
  for (let value = 10_000; value >= 1; value -= 1) latencies.add(value);
  expect([0, 0.5, 0.99, 0.999, 1].map((share) => latencies.percentile(share))).toEqual([
    1, 5000, 9900, 9990, 10_000,
  ]);
  expect(latencies.summary()).toBe("n 10000  p50 5000.0  p99 9900.0  p99.9 9990.0  max 10000.0 ms");
});

test("an empty set has no percentiles", () => {
  expect(new Latencies().percentile(0.5)).toBeNaN();
});

test("a blocked event loop is detected and measured", async () => {
  const own = watchOwnLoad();
  const ticks = async (): Promise<void> => {
    for (const before = own.lags.count; own.lags.count < before + 2; ) await Bun.sleep(1);
  };
  await ticks();
  own.restart();
  const until = performance.now() + 60;
  while (performance.now() < until);
  await ticks();
  expect(own.lags.percentile(1)).toBeGreaterThan(40);
  expect(own.cores()).toBeGreaterThan(0);
  own.stop();
});

test("a value beyond its bound is marked and counted, and so is one that is not a number", () => {
  const lines: string[] = [];
  const write = spyOn(process.stdout, "write").mockImplementation((line) => lines.push(String(line)) > 0);
  const rate = { what: "rate", unit: "/s" };
  const broken = printFigures([
    { ...rate, value: 2, atLeast: 2 },
    { ...rate, value: 1, atLeast: 2 },
    { ...rate, value: 3, atMost: 2 },
    { ...rate, value: Number.NaN },
    { ...rate, value: 7 },
  ]);
  write.mockRestore();
  expect(broken).toBe(3);
  expect(lines.map((line) => line.includes("BROKEN"))).toEqual([false, true, true, true, false]);
});
