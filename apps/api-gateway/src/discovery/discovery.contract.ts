import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createMemoryLogger, createMetrics, type MemoryLogger, type Metrics } from "@libs/monitoring";
import { type Clock, systemClock } from "@libs/resilience";
import { createEventLog, type EventLog, waitUntil } from "@libs/testing";
import type { ReadSecret } from "../model/config/secret-reference.ts";
import type { DiscoveredTarget, Discovery } from "./discovery.ts";
import { discoveries } from "./registry.ts";

/** A provider's real server, and how to control its answers. */
export interface ProviderHarness extends AsyncDisposable {
  /** Of the provider, with short waits. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Makes these the targets, as `127.0.0.x:port`. */
  set(ids: readonly string[]): void;
  /** Makes the provider fail, or recover. */
  fail(isFailing: boolean): void;
  /** How often it was asked. */
  asked(): number;
}

export interface RunningProvider extends AsyncDisposable {
  readonly discovery: Discovery;
  readonly answers: EventLog<readonly DiscoveredTarget[]>;
  readonly log: MemoryLogger;
  readonly metrics: Metrics;
  /** The targets that are in use now. */
  ids(): string;
}

export function startProvider(
  type: string,
  config: object,
  readSecret: ReadSecret = () => "secret",
  clock: Clock = systemClock,
): RunningProvider {
  const definition = discoveries[type];
  if (definition === undefined) throw new Error(`there is no discovery ${type}`);
  const answers = createEventLog<readonly DiscoveredTarget[]>();
  const log = createMemoryLogger();
  const metrics = createMetrics({ service: "test", processMetrics: false });
  const discovery = definition.start(config, {
    service: "shop",
    logger: log.logger,
    metrics,
    clock,
    // Waits after failures are as short as they may be.
    random: () => 0,
    readSecret,
    onTargets: (found) => answers.push(found),
  });
  return {
    discovery,
    answers,
    log,
    metrics,
    ids: () => (answers.all.at(-1) ?? []).map(({ upstream }) => upstream.id).join(" "),
    async [Symbol.asyncDispose]() {
      discovery.dispose();
    },
  };
}

/** What every provider that queries a registry guarantees. */
export function describeProvider(type: string, name: string, start: () => Promise<ProviderHarness>): void {
  describe(`discovery by ${name}`, () => {
    let harness: ProviderHarness;
    let provider: RunningProvider;
    const one = "127.0.0.1:8080";
    const two = "127.0.0.2:8080";

    const begin = (more: object = {}): void => {
      provider = startProvider(type, { ...harness.config, targetsMin: 1, ...more });
    };
    const settle = (ids: string): Promise<unknown> =>
      waitUntil(() => provider.ids() === ids, { what: `targets ${ids}` });
    const outcome = (label: string) => (): Promise<boolean> =>
      provider.metrics.render().then((text) => text.includes(`service="shop",outcome="${label}"`));

    beforeEach(async () => {
      harness = await start();
    });

    afterEach(async () => {
      await provider[Symbol.asyncDispose]();
      await harness[Symbol.asyncDispose]();
    });

    test("finds the targets and follows every change", async () => {
      harness.set([one]);
      begin();
      await settle(one);
      harness.set([one, two]);
      await settle(`${one} ${two}`);
      harness.set([two]);
      await settle(two);
    });

    test("reports nothing if nothing has changed", async () => {
      harness.set([one, two]);
      begin();
      await settle(`${one} ${two}`);
      harness.set([two, one]);
      harness.set([one, two]);
      harness.set([one]);
      await settle(one);
      expect(provider.answers.all.length).toBe(2);
    });

    test("keeps the last good answer through an outage, reports it once, and recovers", async () => {
      harness.set([one]);
      begin();
      await settle(one);
      harness.fail(true);
      harness.set([two]);
      await waitUntil(outcome("failed"), { what: "a failure" });
      expect(await provider.metrics.render()).toContain('cartway_discovery_up{service="shop"} 0');
      expect(provider.ids()).toBe(one);
      harness.fail(false);
      await settle(two);
      expect(await provider.metrics.render()).toContain('cartway_discovery_up{service="shop"} 1');
      const lines = provider.log.lines.map((line) => line.message);
      expect(lines.filter((line) => String(line).startsWith("discovery failed")).length).toBe(1);
      expect(lines).toContain("discovery has recovered");
    });

    test("ignores an empty answer until targets are back", async () => {
      harness.set([one, two]);
      begin();
      await settle(`${one} ${two}`);
      harness.set([]);
      await waitUntil(outcome("too-few"), { what: "an answer that is not believed" });
      expect(provider.ids()).toBe(`${one} ${two}`);
      harness.set([two]);
      await settle(two);
    });

    test("accepts an empty answer if configured", async () => {
      harness.set([one]);
      begin({ targetsMin: 0 });
      await settle(one);
      harness.set([]);
      await settle("");
    });

    test("starts without targets, and finds later ones", async () => {
      harness.set([]);
      begin();
      await provider.answers.atLeast(1);
      expect(provider.ids()).toBe("");
      harness.set([one]);
      await settle(one);
    });

    test("settles on the final targets after flapping", async () => {
      harness.set([one]);
      begin();
      await settle(one);
      for (let round = 0; round < 20; round += 1) {
        harness.set(round % 2 === 0 ? [one, two] : [one]);
        await Bun.sleep(3);
      }
      harness.set([two]);
      await settle(two);
    });

    test("sends no queries after dispose", async () => {
      harness.set([one]);
      begin();
      await settle(one);
      provider.discovery.dispose();
      const asked = harness.asked();
      const answers = provider.answers.all.length;
      harness.set([two]);
      await Bun.sleep(100);
      expect([harness.asked(), provider.answers.all.length]).toEqual([asked, answers]);
    });
  });
}
