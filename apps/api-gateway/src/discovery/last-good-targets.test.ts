import { expect, test } from "bun:test";
import { createMemoryLogger, createMetrics } from "@libs/monitoring";
import { systemClock } from "@libs/resilience";
import { LastGoodTargets } from "./last-good-targets.ts";

test("a provider's outage is reported as long as one of its services is running, across config changes", async () => {
  const metrics = createMetrics({ service: "test", processMetrics: false });
  const keep = () =>
    new LastGoodTargets("dns", 1, {
      service: "shop",
      logger: createMemoryLogger().logger,
      metrics,
      clock: systemClock,
      random: Math.random,
      readSecret: () => "",
      onTargets: () => undefined,
    });
  const up = 'cartway_discovery_up{service="shop"}';
  const [before, after] = [keep(), keep()];
  expect(await metrics.render()).not.toContain(up);
  before.accept([]);
  after.accept([]);
  before.dispose();
  expect(await metrics.render()).toContain(`${up} 1`);
  after.dispose();
  // an answer that was on its way
  after.accept([]);
  expect(await metrics.render()).not.toContain(up);
});
