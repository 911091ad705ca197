import { describe, expect, test } from "bun:test";
import { createManualClock } from "@libs/testing";
import type { DiscoveredTarget } from "../../discovery/discovery.ts";
import type { Balancer } from "../balancing/balancer.ts";
import { roundRobin } from "../balancing/round-robin.ts";
import { balancerDeps } from "../balancing/test-targets.ts";
import { SlowStart } from "./slow-start.ts";
import { Target } from "./target.ts";
import { TargetPool } from "./target-pool.ts";

function found(id: string, more: Partial<DiscoveredTarget> = {}): DiscoveredTarget {
  const upstream = { id, protocol: "http", host: "127.0.0.1", port: 80 } as const;
  return { upstream, weight: 1, priority: 0, zone: null, ...more };
}

function poolOf(panicShare = 0, balancer: Balancer = roundRobin.create({}, balancerDeps())) {
  const pool = new TargetPool({ balancer, panicShare, createTarget: (one) => new Target(one) });
  const usable = (): string[] => pool.targets.filter((target) => pool.isInUse(target)).map(({ id }) => id);
  const target = (id: string): Target => {
    const one = pool.targets.find((candidate) => candidate.id === id);
    if (one === undefined) throw new Error(`no target ${id}`);
    return one;
  };
  return { pool, usable, target };
}

describe("the targets of a service", () => {
  test("keep their state while discovery's answers change around them", () => {
    const { pool, usable, target } = poolOf();
    pool.apply([found("a"), found("b")]);
    const a = target("a");
    a.isHealthy = false;
    a.inFlight = 3;
    pool.apply([found("c"), found("a", { weight: 5, zone: "z" })]);
    expect(target("a")).toBe(a);
    expect([a.weight, a.zone, a.inFlight, a.isHealthy]).toEqual([5, "z", 3, false]);
    expect(usable()).toEqual(["c"]);
  });

  test("are new ones if a name gets another address", () => {
    const { pool, target } = poolOf();
    pool.apply([found("a")]);
    const before = target("a");
    pool.apply([found("a", { upstream: { id: "a", protocol: "https", host: "127.0.0.1", port: 443 } })]);
    expect(target("a")).not.toBe(before);
    expect(target("a").upstream.port).toBe(443);
  });

  test("count once, however often discovery lists them", () => {
    const { pool } = poolOf();
    pool.apply([found("a"), found("a"), found("b")]);
    expect(pool.targets.map(({ id }) => id)).toEqual(["a", "b"]);
  });

  test("of the next priority are used only if none of the previous one is usable", () => {
    const { pool, usable, target } = poolOf();
    pool.apply([found("first"), found("second", { priority: 1 }), found("third", { priority: 2 })]);
    expect(usable()).toEqual(["first"]);
    target("first").isHealthy = false;
    pool.refresh();
    expect(usable()).toEqual(["second"]);
    target("second").isEjected = true;
    pool.refresh();
    expect(usable()).toEqual(["third"]);
    target("first").isHealthy = true;
    pool.refresh();
    expect(usable()).toEqual(["first"]);
  });

  test("are all used in a panic, with fewer than a share healthy, except those with weight 0", () => {
    const { pool, usable, target } = poolOf(0.5);
    pool.apply([found("a"), found("b"), found("c"), found("off", { weight: 0 })]);
    target("a").isHealthy = false;
    pool.refresh();
    expect([pool.inPanic, usable()]).toEqual([false, ["b", "c"]]);
    target("b").isEjected = true;
    pool.refresh();
    expect([pool.inPanic, usable()]).toEqual([true, ["a", "b", "c"]]);
  });

  test("of the next priority are used, and no panic begins, if none of the previous one is usable", () => {
    const { pool, usable, target } = poolOf(0.5);
    const spare = { priority: 1 };
    pool.apply([found("a"), found("b"), found("c"), found("spare", spare), found("other", spare)]);
    for (const id of ["a", "b", "c"]) target(id).isHealthy = false;
    pool.refresh();
    expect([pool.inPanic, usable()]).toEqual([false, ["spare", "other"]]);
    target("spare").isHealthy = false;
    target("other").isHealthy = false;
    pool.refresh();
    expect([pool.inPanic, usable()]).toEqual([true, ["a", "b", "c"]]);
  });

  test("of one priority are all used in a panic, however many others there are", () => {
    const { pool, usable, target } = poolOf(0.5);
    const leaving = ["x", "y", "z"].map((id) => found(id, { priority: 1 }));
    pool.apply([found("a"), found("b"), found("c"), ...leaving]);
    for (const id of ["a", "b"]) target(id).isHealthy = false;
    pool.refresh();
    expect([pool.inPanic, usable()]).toEqual([true, ["a", "b", "c"]]);
  });

  test("are announced by discovery's first answer", () => {
    const { pool } = poolOf();
    expect([pool.isKnown, pool.firstAnswer.aborted]).toEqual([false, false]);
    pool.apply([]);
    expect(pool.firstAnswer.aborted).toBe(true);
    expect([pool.isKnown, pool.pick(null, [])]).toEqual([true, null]);
  });
});

describe("a slow start", () => {
  const begin = () => {
    const clock = createManualClock(0);
    const { pool, target } = poolOf();
    pool.observe(new SlowStart({ durationMs: 10_000, clock, refresh: () => pool.refresh() }));
    pool.apply([found("a", { weight: 10 }), found("b", { weight: 10 })]);
    const shares = (): number[] => pool.targets.map(({ share }) => share);
    return { clock, pool, target, shares };
  };

  test("does not apply to a service's initial targets", () => {
    expect(begin().shares()).toEqual([10, 10]);
  });

  test("ramps up a new target evenly to its full share", async () => {
    const { clock, pool, shares } = begin();
    pool.apply([found("a", { weight: 10 }), found("b", { weight: 10 }), found("new", { weight: 10 })]);
    expect(shares()).toEqual([10, 10, 1]);
    await clock.advance(5000);
    expect(shares()).toEqual([10, 10, 5]);
    // another weight is no reason to be met with all of it
    pool.apply([found("a", { weight: 10 }), found("b", { weight: 20 }), found("new", { weight: 20 })]);
    expect(shares()).toEqual([10, 20, 10]);
    pool.apply([found("a", { weight: 10 }), found("b", { weight: 10 }), found("new", { weight: 10 })]);
    expect(shares()).toEqual([10, 10, 5]);
    const picks = Array.from({ length: 250 }, () => pool.pick(null, [])?.id);
    expect(Math.abs(picks.filter((id) => id === "new").length - 50)).toBeLessThanOrEqual(1);
    await clock.advance(5000);
    expect(shares()).toEqual([10, 10, 10]);
    expect(clock.pending()).toBe(0);
  });

  test("applies to a readmitted target, too, and restarts each time", async () => {
    const { clock, pool, target, shares } = begin();
    for (const _ of [1, 2]) {
      target("a").isHealthy = false;
      pool.refresh();
      target("a").isHealthy = true;
      pool.refresh();
      expect(shares()).toEqual([1, 10]);
      await clock.advance(3000);
      expect(shares()).toEqual([3, 10]);
    }
    pool.dispose();
    expect(clock.pending()).toBe(0);
  });

  test("applies to a target that had weight 0 since it came", async () => {
    const { clock, pool, shares } = begin();
    const others = [found("a", { weight: 10 }), found("b", { weight: 10 })];
    pool.apply([...others, found("spare", { weight: 0 })]);
    await clock.advance(20_000);
    pool.apply([...others, found("spare", { weight: 10 })]);
    expect(shares()).toEqual([10, 10, 1]);
  });
});
