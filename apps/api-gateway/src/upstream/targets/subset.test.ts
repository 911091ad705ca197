import { describe, expect, test } from "bun:test";
import type { DiscoveredTarget } from "../../discovery/discovery.ts";
import { chooseSubset } from "./subset.ts";

function found(count: number, more: Partial<DiscoveredTarget> = {}, prefix = "10.0.0."): DiscoveredTarget[] {
  return Array.from({ length: count }, (_, index) => {
    const host = `${prefix}${index}`;
    return {
      upstream: { id: `${host}:80`, protocol: "http", host, port: 80 },
      weight: 1,
      priority: 0,
      zone: null,
      ...more,
    };
  });
}

const idsOf = (targets: readonly DiscoveredTarget[]): string[] => targets.map(({ upstream }) => upstream.id);
const seeds = Array.from({ length: 200 }, (_, index) => `process ${index}`);

describe("a subset of the targets", () => {
  test("has the given size, and all targets where there are no more", () => {
    expect(new Set(idsOf(chooseSubset(found(100), 7, "a"))).size).toBe(7);
    expect(idsOf(chooseSubset(found(7), 7, "a"))).toEqual(idsOf(found(7)));
  });

  test("is the same whenever one process draws it, in whatever order discovery lists the targets", () => {
    const once = idsOf(chooseSubset(found(100), 7, "a"));
    expect(idsOf(chooseSubset(found(100).toReversed(), 7, "a"))).toEqual(once);
  });

  test("spreads over all targets evenly from one process to the next", () => {
    const drawn = seeds.flatMap((seed) => idsOf(chooseSubset(found(100), 10, seed)));
    const counts = idsOf(found(100)).map((id) => drawn.filter((other) => other === id).length);
    // 20 expected of each, standard deviation 4.2
    expect(Math.min(...counts)).toBeGreaterThan(3);
    expect(Math.max(...counts)).toBeLessThan(40);
  });

  test("changes by one target at most when one joins or leaves", () => {
    for (const seed of seeds) {
      const before = new Set(idsOf(chooseSubset(found(100), 10, seed)));
      const after = idsOf(chooseSubset(found(101), 10, seed));
      expect(after.filter((id) => !before.has(id)).length).toBeLessThanOrEqual(1);
    }
  });

  test("has as many of each priority and zone, so that standbys and the near zone are there, and whatever is drained", () => {
    const near = found(20, { zone: "a" }, "10.0.1.");
    const far = found(20, { zone: "b" }, "10.0.2.");
    const standby = found(20, { priority: 1 }, "10.0.3.");
    const drained = found(3, { weight: 0 }, "10.0.4.");
    const drawn = chooseSubset([...near, ...far, ...standby, ...drained], 5, "a");
    const counts = [near, far, standby, drained].map(
      (group) => drawn.filter((target) => group.includes(target)).length,
    );
    expect(counts).toEqual([5, 5, 5, 3]);
  });
});
