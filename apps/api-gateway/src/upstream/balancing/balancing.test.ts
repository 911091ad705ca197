import { describe, expect, test } from "bun:test";
import { createTarget, type Target } from "../target.ts";
import type { Balancer } from "./balancer.ts";
import { leastInFlight } from "./least-in-flight.ts";
import { roundRobin } from "./round-robin.ts";

const makeTarget = (name: string, weight: number): Target =>
  createTarget({ id: name, protocol: "http", host: name, port: 80 }, weight);

const targets = (...weights: number[]): Target[] =>
  weights.map((weight, index) => makeTarget(`t${index}.test`, weight));
const counts = (balancer: Balancer, all: readonly Target[], picks: number): number[] => {
  const picked = Array.from({ length: picks }, () => balancer.pick(all, null, null));
  return all.map((target) => picked.filter((one) => one === target).length);
};

for (const [name, create] of Object.entries({
  "round-robin": () => roundRobin.create({}),
  "least-in-flight": () => leastInFlight.create({}),
})) {
  describe(name, () => {
    test("never picks a target that is unwell or has no weight", () => {
      const all = targets(1, 0, 1);
      const [first] = all;
      if (first !== undefined) first.healthy = false;
      expect(counts(create(), all, 50)).toEqual([0, 0, 50]);
    });
    test("gives nothing where nothing can be used", () => {
      const all = targets(1);
      for (const target of all) target.healthy = false;
      expect(create().pick(all, null, null)).toBeNull();
      expect(create().pick([], null, null)).toBeNull();
    });
    test("avoids the target that an earlier attempt failed on, unless it is the last", () => {
      const [one, two] = targets(1, 1);
      if (one === undefined || two === undefined) throw new Error("two targets were made");
      for (let round = 0; round < 10; round += 1) expect(create().pick([one, two], one, null)).toBe(two);
      expect(create().pick([one], one, null)).toBe(one);
    });
  });
}

test("round-robin keeps to the weights in every run of their sum, without bursts", () => {
  const all = targets(5, 1, 1);
  const balancer = roundRobin.create({});
  expect(counts(balancer, all, 7)).toEqual([5, 1, 1]);
  const order = Array.from({ length: 7 }, () =>
    all.indexOf(balancer.pick(all, null, null) ?? makeTarget("none.test", 1)),
  );
  expect(order).toEqual([0, 0, 1, 0, 2, 0, 0]);
});

test("least-in-flight prefers the less busy of two", () => {
  const all = targets(1, 1);
  const [busy, idle] = all;
  if (busy === undefined || idle === undefined) throw new Error("two targets were made");
  busy.inFlight = 10;
  expect(counts(leastInFlight.create({}), all, 20)).toEqual([0, 20]);
});
