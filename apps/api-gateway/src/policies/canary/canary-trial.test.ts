import { describe, expect, test } from "bun:test";
import { seededRandom } from "@libs/testing";
import { bucketOf, endOfBucket } from "./answer-window.ts";
import { CanaryTrial, type Rollback, type Side } from "./canary-trial.ts";
import { isWorse } from "./is-worse.ts";

const config = { windowMs: 60_000, samplesMin: 50, failureMargin: 0.005, slowFactor: 1.5, slowMargin: 0.05 };

interface Traffic {
  readonly perSec: number;
  readonly failing: number;
  readonly tookMs: number;
}

function start(more: Partial<typeof config> = {}) {
  let now = 0;
  const rollbacks: Rollback[] = [];
  const trial = new CanaryTrial(
    { ...config, ...more },
    { monotonicNow: () => now, now: () => now, onRollback: (rollback) => rollbacks.push(rollback) },
  );
  /** Advances the time under this traffic, until a rollback at most. @returns the milliseconds passed. */
  function run(seconds: number, traffic: Readonly<Record<Side, Traffic>>, draw: () => number): number {
    const began = now;
    const perSec = traffic.canary.perSec + traffic.own.perSec;
    while (now - began < seconds * 1000 && trial.rollback === null) {
      now += 1000 / perSec;
      const side = draw() < traffic.canary.perSec / perSec ? "canary" : "own";
      const { failing, tookMs } = traffic[side];
      trial.note(side, tookMs * (0.5 + draw()), draw() < failing);
    }
    return now - began;
  }
  return { trial, rollbacks, run };
}

const good = { failing: 0.01, tookMs: 20 };

describe("a canary on trial", () => {
  test("that performs like the other keeps its share: none of 40 loses it in five minutes", () => {
    const lost = Array.from({ length: 40 }, (_, seed) => {
      const { run, rollbacks } = start();
      run(300, { canary: { ...good, perSec: 10 }, own: { ...good, perSec: 50 } }, seededRandom(seed + 1));
      return rollbacks;
    }).flat();
    expect(lost).toEqual([]);
  });

  test.each([
    [
      "fails one request in twenty, at 100 a second",
      { perSec: 100, failing: 0.05 + good.failing },
      "failures",
    ],
    ["fails one in five, at 20 a second", { perSec: 20, failing: 0.2 }, "failures"],
    ["fails always, at 10 a second", { perSec: 10, failing: 1 }, "failures"],
    ["is three times as slow, at 20 a second", { perSec: 20, tookMs: 60 }, "slowness"],
  ] as const)(
    "that %s loses its share within ten seconds, after a minute without fault",
    (_what, bad, reason) => {
      const took = Array.from({ length: 10 }, (_, seed) => {
        const { run, rollbacks } = start();
        const draw = seededRandom(seed + 1);
        const own = { ...good, perSec: 200 };
        run(60, { canary: { ...good, perSec: bad.perSec }, own }, draw);
        expect(rollbacks).toEqual([]);
        const ms = run(60, { canary: { ...good, ...bad }, own }, draw);
        expect(rollbacks.map((one) => one.reason)).toEqual([reason]);
        return ms;
      }).toSorted((a, b) => a - b);
      expect(took[took.length >> 1]).toBeLessThanOrEqual(10_000);
    },
  );

  test("keeps its share while either side has too few requests", () => {
    const { run, rollbacks } = start();
    run(
      60,
      { canary: { perSec: 0.5, failing: 1, tookMs: 20 }, own: { ...good, perSec: 50 } },
      seededRandom(1),
    );
    const alone = start();
    alone.run(
      60,
      { canary: { perSec: 50, failing: 1, tookMs: 20 }, own: { ...good, perSec: 0.5 } },
      seededRandom(1),
    );
    expect([rollbacks, alone.rollbacks]).toEqual([[], []]);
  });

  test("is not blamed for failures of both sides", () => {
    const { run, rollbacks } = start();
    const outage = { failing: 0.6, tookMs: 500 };
    run(60, { canary: { ...good, perSec: 20 }, own: { ...good, perSec: 100 } }, seededRandom(3));
    run(60, { canary: { ...outage, perSec: 20 }, own: { ...outage, perSec: 100 } }, seededRandom(4));
    expect(rollbacks).toEqual([]);
  });

  test("reports its observations, restarts after a reset, and forgets what is older than the window", () => {
    const { run, trial, rollbacks } = start();
    const traffic = { canary: { perSec: 20, failing: 1, tookMs: 20 }, own: { ...good, perSec: 100 } };
    run(60, traffic, seededRandom(1));
    expect(trial.rollback).toMatchObject({ reason: "failures", canary: { p95Ms: expect.any(Number) } });
    trial.reset();
    const empty = { all: 0, failed: 0, p95Ms: null };
    expect([trial.rollback, trial.figures()]).toEqual([null, { canary: empty, own: empty }]);
    run(60, { ...traffic, canary: { ...good, perSec: 20 } }, seededRandom(2));
    run(200, { canary: { perSec: 0, failing: 0, tookMs: 1 }, own: { ...good, perSec: 1 } }, seededRandom(2));
    expect(trial.figures().canary).toEqual(empty);
    expect(rollbacks).toHaveLength(1);
  });
});

test("without observations, or within the margin, nothing counts as worse", () => {
  expect(isWorse({ bad: 100, all: 100 }, { bad: 0, all: 0 }, 0)).toBe(false);
  expect(isWorse({ bad: 0, all: 0 }, { bad: 0, all: 100 }, 0)).toBe(false);
  expect(isWorse({ bad: 100, all: 1000 }, { bad: 0, all: 1000 }, 0.2)).toBe(false);
  expect(isWorse({ bad: 300, all: 1000 }, { bad: 0, all: 1000 }, 0.2)).toBe(true);
});

test("a duration is represented by its bucket to within a fifth, including the shortest and longest", () => {
  for (const ms of [1, 7, 150, 9999]) {
    const end = endOfBucket(bucketOf(ms));
    expect([end >= ms, end / ms < 1.2]).toEqual([true, true]);
  }
  expect(bucketOf(0)).toBe(0);
  expect(endOfBucket(bucketOf(1e12))).toBeGreaterThan(3_600_000);
});
