import { createMetrics } from "@libs/monitoring";
import { expect, test } from "bun:test";
import { DecisionCounts, declareDecisions } from "./decision-counts.ts";

test("limits of routes without a request leave the series to those with one", async () => {
  const metrics = createMetrics({ service: "test", processMetrics: false });
  const decisions = declareDecisions(metrics);
  const counts = Array.from({ length: 10_000 }, (_, index) => {
    return new DecisionCounts({ decisions, route: `r${index}`, limit: `route r${index} ip`, dryRun: false });
  });
  counts.at(-1)?.count({ allowed: true, retryAfterMs: 0, states: [] });
  expect(await metrics.render()).toContain(
    'cartway_rate_limit_decisions_total{route="r9999",limit="route r9999 ip",verdict="allowed"} 1',
  );
});
