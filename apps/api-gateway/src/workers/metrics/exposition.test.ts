import { expect, test } from "bun:test";
import { createMetrics } from "@libs/monitoring";
import { readExposition, withLabel, writeExposition } from "./exposition.ts";

test("a rendered registry is parsed and written again unchanged", async () => {
  const metrics = createMetrics({ service: "api-gateway", processMetrics: false });
  const labelled = { name: "cartway_odd_total", help: "With \\ and\nlines.", labels: ["route"] } as const;
  metrics.counter(labelled).with({ route: 'a "b" {c} d,e\\' }).inc(3);
  metrics.gauge({ name: "cartway_endless_ratio", help: "x" }).set(Number.POSITIVE_INFINITY);
  metrics.gauge({ name: "cartway_bottomless_ratio", help: "x" }).set(Number.NEGATIVE_INFINITY);
  metrics.gauge({ name: "cartway_unknown_ratio", help: "x" }).set(Number.NaN);
  metrics
    .histogram({ name: "cartway_waits_seconds", help: "x", labels: ["route"] })
    .with({ route: "a" })
    .observe(0.2);
  const text = await metrics.render();
  expect(writeExposition(readExposition(text).values())).toBe(text);
});

test("empty input has no families, and lines outside of a family are dropped", () => {
  expect(writeExposition(readExposition("").values())).toBe("");
  expect(readExposition("stray 1\n").size).toBe(0);
});

test("a label is added to existing ones, or alone", () => {
  expect(withLabel("a", "worker", "1")).toBe('a{worker="1"}');
  expect(withLabel('a{b="}"}', "worker", "1")).toBe('a{b="}",worker="1"}');
});
