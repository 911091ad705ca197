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

test("an answer with implausibly few targets stays reported while the provider confirms it", async () => {
  const metrics = createMetrics({ service: "test", processMetrics: false });
  const { logger, text } = createMemoryLogger();
  const lastGood = new LastGoodTargets("consul", 1, {
    service: "shop",
    logger,
    metrics,
    clock: systemClock,
    random: Math.random,
    readSecret: () => "",
    onTargets: () => undefined,
  });
  const upstream = { id: "10.0.0.1:80", protocol: "http", host: "10.0.0.1", port: 80 } as const;
  const found = [{ upstream, weight: 1, priority: 0, zone: null }];
  const up = 'cartway_discovery_up{service="shop"}';
  lastGood.accept(found);
  lastGood.accept([]);
  lastGood.confirm();
  expect(await metrics.render()).toContain(`${up} 0`);
  lastGood.failed(new Error("no answer"));
  lastGood.confirm();
  expect(await metrics.render()).toContain(`${up} 0`);
  expect(text()).not.toContain("discovery has recovered");
  lastGood.accept(found);
  lastGood.confirm();
  expect(await metrics.render()).toContain(`${up} 1`);
  expect(text()).toContain("discovery has recovered");
});

test("a service that begins with too few targets says so, once", () => {
  const { logger, lines } = createMemoryLogger();
  const lastGood = new LastGoodTargets("dns", 1, {
    service: "shop",
    logger,
    metrics: createMetrics({ service: "test", processMetrics: false }),
    clock: systemClock,
    random: Math.random,
    readSecret: () => "",
    onTargets: () => undefined,
  });
  lastGood.accept([]);
  lastGood.accept([]);
  expect(lines).toMatchObject([
    { service: "shop", provider: "dns", targets: 0, message: "discovery found too few targets" },
  ]);
});
