import { beforeEach, describe, expect, test } from "bun:test";
import { createManualClock, type ManualClock } from "@libs/testing";
import { targetsOf } from "../balancing/test-targets.ts";
import type { Target } from "../targets/target.ts";
import type { Outcome } from "./outcome.ts";
import { OutlierDetector } from "./outlier-detector.ts";
import type { OutlierSettings } from "./outlier-schema.ts";

const defaults: OutlierSettings = {
  errorsInARow: 5,
  gatewayFailuresInARow: 3,
  successRate: { deviationsMax: 1.9, requestsMin: 100, targetsMin: 5 },
  intervalMs: 10_000,
  ejectionMs: 30_000,
  ejectionMsMax: 70_000,
  ejectedShareMax: 0.1,
};

let clock: ManualClock;
let events: string[];

function detect(count: number, settings: Partial<OutlierSettings> = {}) {
  const targets = targetsOf(Array.from({ length: count }, () => 1));
  const detector = new OutlierDetector(
    { ...defaults, ...settings },
    {
      clock,
      changed: (target, ejection) =>
        void events.push(
          ejection === null ? `${target.id} back` : `${target.id} ${ejection.reason} ${ejection.ms}`,
        ),
    },
  );
  for (const target of targets) detector.added(target);
  const note = (target: Target | undefined, outcome: Outcome, times = 1): void => {
    for (let time = 0; time < times; time += 1) if (target !== undefined) detector.note(target, outcome);
  };
  return { detector, targets, note };
}

beforeEach(() => {
  clock = createManualClock(0);
  events = [];
});

describe("a target is ejected", () => {
  test("after consecutive gateway failures, or consecutive errors of any kind", () => {
    const { targets, note } = detect(4, { ejectedShareMax: 1 });
    note(targets[0], "gateway-failure", 3);
    note(targets[1], "failure", 4);
    expect(events).toEqual(["t0 gateway-failures 30000"]);
    note(targets[1], "failure");
    expect(events).toEqual(["t0 gateway-failures 30000", "t1 errors 30000"]);
    expect(targets.map(({ isEjected }) => isEjected)).toEqual([true, true, false, false]);
  });

  test("not if a success came between, nor for outcomes that do not concern it", () => {
    const { targets, note } = detect(3);
    for (let round = 0; round < 10; round += 1) {
      note(targets[0], "gateway-failure", 2);
      note(targets[0], "ignored", 5);
      note(targets[0], "success");
    }
    expect(events).toEqual([]);
  });

  test("not if the rule is off", () => {
    const { targets, note } = detect(3, { errorsInARow: 0, gatewayFailuresInARow: 0 });
    note(targets[0], "gateway-failure", 100);
    expect(events).toEqual([]);
  });

  test("if its success rate is far below the others', with enough requests to compare", async () => {
    const { targets, note } = detect(10, { errorsInARow: 0, gatewayFailuresInARow: 0, ejectedShareMax: 0.5 });
    for (const target of targets) note(target, "success", 99);
    note(targets[3], "failure", 60);
    for (const target of targets) note(target, "success", 1);
    await clock.advance(10_000);
    expect(events).toEqual(["t3 success-rate 30000"]);
    await clock.advance(10_000);
    expect(events.length).toBe(1);
  });

  test("not by its rate with too few requests or targets", async () => {
    const few = detect(4, { errorsInARow: 0, gatewayFailuresInARow: 0 });
    for (const target of few.targets) few.note(target, "success", 100);
    few.note(few.targets[0], "failure", 100);
    const quiet = detect(10, { errorsInARow: 0, gatewayFailuresInARow: 0 });
    for (const target of quiet.targets) quiet.note(target, "success", 50);
    quiet.note(quiet.targets[0], "failure", 49);
    await clock.advance(10_000);
    expect(events).toEqual([]);
  });
});

describe("an ejection", () => {
  test("grows longer each time, up to the bound, and shorter with every healthy interval", async () => {
    const { targets, note } = detect(3, { intervalMs: 3_600_000 });
    for (let time = 0; time < 4; time += 1) {
      note(targets[0], "gateway-failure", 3);
      await clock.advance(70_000);
    }
    const times = events.filter((event) => !event.includes("back")).map((event) => event.split(" ").at(-1));
    expect(times).toEqual(["30000", "60000", "70000", "70000"]);

    events = [];
    const calm = detect(3, { intervalMs: 1000, ejectionMs: 100, ejectionMsMax: 1000 });
    calm.note(calm.targets[0], "gateway-failure", 3);
    await clock.advance(100);
    calm.note(calm.targets[0], "gateway-failure", 3);
    expect(calm.targets.map((target) => calm.detector.ejections(target))).toEqual([2, 0, 0]);
    await clock.advance(5000);
    calm.note(calm.targets[0], "gateway-failure", 3);
    expect(events.at(-1)).toBe("t0 gateway-failures 100");
  });

  test("ends by itself", async () => {
    const { targets, note } = detect(3);
    note(targets[0], "gateway-failure", 3);
    await clock.advance(29_999);
    expect(targets[0]?.isEjected).toBe(true);
    await clock.advance(1);
    expect(targets[0]?.isEjected).toBe(false);
    expect(events.at(-1)).toBe("t0 back");
  });
});

test("failures of requests that were on their way when a target was ejected do not count when it is back", async () => {
  const { targets, note } = detect(3);
  note(targets[0], "gateway-failure", 3);
  note(targets[0], "gateway-failure", 50);
  await clock.advance(30_000);
  note(targets[0], "gateway-failure", 2);
  expect(targets[0]?.isEjected).toBe(false);
  note(targets[0], "gateway-failure");
  expect(targets[0]?.isEjected).toBe(true);
});

describe("a target that flaps in discovery", () => {
  test("is still ejected when it returns in time, no longer than before", async () => {
    const { detector, targets, note } = detect(3);
    const [first] = targets;
    if (first === undefined) throw new Error("three targets were made");
    note(first, "gateway-failure", 3);
    detector.removed(first);
    detector.added(first);
    expect(first.isEjected).toBe(true);
    note(targets[1], "gateway-failure", 3);
    expect(targets[1]?.isEjected).toBe(false);
    await clock.advance(30_000);
    expect(first.isEjected).toBe(false);
    note(first, "gateway-failure", 3);
    expect(events.at(-1)).toBe("t0 gateway-failures 30000");
    expect(detector.ejections(first)).toBe(1);
  });

  test("is readmitted if its ejection ended while it was gone", async () => {
    const { detector, targets, note } = detect(3);
    const [first] = targets;
    if (first === undefined) throw new Error("three targets were made");
    note(first, "gateway-failure", 3);
    detector.removed(first);
    await clock.advance(30_000);
    detector.added(first);
    expect(first.isEjected).toBe(false);
    note(targets[1], "gateway-failure", 3);
    expect(targets[1]?.isEjected).toBe(true);
  });
});

describe("the ejection limit", () => {
  test("keeps a share of the targets in use, whatever they do", () => {
    const { targets, note } = detect(20, { ejectedShareMax: 0.1 });
    for (const target of targets) note(target, "gateway-failure", 10);
    expect(targets.filter(({ isEjected }) => isEjected).length).toBe(2);
  });

  test("lets one of two be ejected, and never the last", () => {
    const two = detect(2, { ejectedShareMax: 1 });
    for (const target of two.targets) two.note(target, "gateway-failure", 10);
    expect(two.targets.map(({ isEjected }) => isEjected)).toEqual([true, false]);
    const one = detect(1, { ejectedShareMax: 1 });
    one.note(one.targets[0], "gateway-failure", 10);
    expect(one.targets[0]?.isEjected).toBe(false);
  });

  test("spares targets that no other can replace, because those drain or fail their checks", () => {
    const { targets, note } = detect(4, { ejectedShareMax: 1 });
    const [drained, unhealthy, other, last] = targets;
    if (drained !== undefined) drained.weight = 0;
    if (unhealthy !== undefined) unhealthy.isHealthy = false;
    note(other, "gateway-failure", 10);
    note(last, "gateway-failure", 10);
    expect([other?.isEjected, last?.isEjected]).toEqual([true, false]);
    if (unhealthy !== undefined) unhealthy.isHealthy = true;
    note(last, "gateway-failure");
    expect(last?.isEjected).toBe(true);
  });

  test("frees capacity when an ejected target is removed, and leaves no timer behind", () => {
    const { detector, targets, note } = detect(3);
    const [first, second] = targets;
    note(first, "gateway-failure", 3);
    note(second, "gateway-failure", 3);
    expect(second?.isEjected).toBe(false);
    if (first !== undefined) detector.removed(first);
    note(second, "gateway-failure", 3);
    expect(second?.isEjected).toBe(true);
    for (const target of targets.slice(1)) detector.removed(target);
    note(first, "failure", 10);
    detector.end();
    expect(clock.pending()).toBe(0);
  });
});
