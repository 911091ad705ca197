import { describe, expect, test } from "bun:test";
import { describeBalancer } from "./balancer.contract.ts";
import { balancers } from "./registry.ts";
import { balancerDeps, targetOf, targetsOf } from "./test-targets.ts";
import { leastInFlight } from "./least-in-flight.ts";
import { leastRtt } from "./least-rtt.ts";
import { locality } from "./locality.ts";
import { roundRobin } from "./round-robin.ts";

const configs = {
  "round-robin": {},
  "least-in-flight": {},
  "least-rtt": { decayMs: 10_000, failureMs: 1000 },
  "consistent-hash": { by: "ip", loadMax: 1.25 },
  locality: { zone: "a", within: "round-robin", usableShareMin: 0.7 },
} as const;

test("every registered balancer runs the contract suite", () => {
  expect(Object.keys(configs).toSorted()).toEqual(Object.keys(balancers).toSorted());
});

for (const [type, config] of Object.entries(configs)) {
  describeBalancer(type, (deps) => {
    const definition = balancers[type];
    if (definition === undefined) throw new Error(`there is no balancer ${type}`);
    return definition.create(config, deps);
  });
}

describe("round-robin", () => {
  test("follows the weights exactly over every cycle, without bursts", () => {
    const all = targetsOf([5, 1, 1]);
    const balancer = roundRobin.create({}, balancerDeps());
    balancer.update(all, all);
    for (let run = 0; run < 20; run += 1) {
      const order = Array.from({ length: 7 }, () => balancer.pick(null, [])?.id).join(" ");
      expect(order).toMatch(/^t0 t0 (t0 t1 t2|t1 t0 t2|t1 t2 t0|t2 t1 t0|t2 t0 t1|t0 t2 t1) t0 t0$/);
    }
  });

  test("keeps its position when targets are added or removed", () => {
    const all = targetsOf([1, 1, 1, 1]);
    const balancer = roundRobin.create({}, balancerDeps());
    balancer.update(all, all);
    const first = [balancer.pick(null, [])?.id, balancer.pick(null, [])?.id];
    const rest = all.slice(0, 3);
    balancer.update(rest, all);
    const next = [balancer.pick(null, [])?.id, balancer.pick(null, [])?.id, balancer.pick(null, [])?.id];
    expect([first, next]).toEqual([
      ["t0", "t1"],
      ["t2", "t0", "t1"],
    ]);
  });

  test("does not let a returning target catch up", () => {
    const all = targetsOf([1, 1]);
    const [one, two] = all;
    if (one === undefined || two === undefined) throw new Error("two targets were made");
    const balancer = roundRobin.create({}, balancerDeps());
    balancer.update(all, all);
    balancer.update([one], all);
    for (let pick = 0; pick < 1000; pick += 1) balancer.pick(null, []);
    balancer.update(all, all);
    const order = Array.from({ length: 6 }, () => balancer.pick(null, [])?.id);
    expect(order.filter((id) => id === "t1").length).toBe(3);
  });
});

test("least-in-flight prefers the less busy of two targets", () => {
  const all = targetsOf([1, 1]);
  const [busy, idle] = all;
  if (busy === undefined || idle === undefined) throw new Error("two targets were made");
  busy.inFlight = 10;
  const balancer = leastInFlight.create({}, balancerDeps());
  balancer.update(all, all);
  expect(new Set(Array.from({ length: 20 }, () => balancer.pick(null, [])))).toEqual(new Set([idle]));
});

describe("least-rtt", () => {
  const settings = { decayMs: 1000, failureMs: 500 };

  test("reacts to a slow response at once, and retries the target once the measurement has decayed", () => {
    const all = targetsOf([1, 1]);
    const [slow, fast] = all;
    if (slow === undefined || fast === undefined) throw new Error("two targets were made");
    let time = 0;
    const balancer = leastRtt.create(settings, balancerDeps({ now: () => time }));
    balancer.update(all, all);
    balancer.answered?.(slow, 200, false);
    balancer.answered?.(fast, 5, false);
    expect(new Set(Array.from({ length: 20 }, () => balancer.pick(null, [])))).toEqual(new Set([fast]));
    time = 20_000;
    balancer.answered?.(fast, 5, false);
    expect(balancer.pick(null, [])).toBe(slow);
  });

  test("retries it with one request, and with the next only when that was answered or has decayed too", () => {
    const all = targetsOf([1, 1]);
    const [hanging, well] = all;
    if (hanging === undefined || well === undefined) throw new Error("two targets were made");
    let time = 0;
    const balancer = leastRtt.create(settings, balancerDeps({ now: () => time }));
    balancer.update(all, all);
    balancer.answered?.(hanging, 200, false);
    const picksAt = (ms: number): number => {
      time = ms;
      balancer.answered?.(well, 50, false);
      const picks = Array.from({ length: 20 }, () => balancer.pick(null, []));
      return picks.filter((target) => target === hanging).length;
    };
    expect([20_000, 20_100, 40_000, 40_100].map(picksAt)).toEqual([1, 0, 1, 0]);
    balancer.answered?.(hanging, 5, false);
    expect(picksAt(40_100)).toBeGreaterThan(1);
  });

  test("does not send everything to a new target until it has answered for the first time", () => {
    const all = targetsOf([1, 1]);
    const [known, fresh] = all;
    if (known === undefined || fresh === undefined) throw new Error("two targets were made");
    const balancer = leastRtt.create(settings, balancerDeps());
    balancer.update(all, all);
    balancer.answered?.(known, 50, false);
    expect(balancer.pick(null, [])).toBe(fresh);
    for (let request = 0; request < 40; request += 1) {
      const target = balancer.pick(null, []);
      if (target !== null) target.inFlight += 1;
    }
    expect(fresh.inFlight).toBeGreaterThan(0);
    expect(fresh.inFlight).toBeLessThan(known.inFlight);
  });

  test("does not mistake fast failures for speed, and keeps measurements of unusable targets", () => {
    const all = targetsOf([1, 1]);
    const [failing, well] = all;
    if (failing === undefined || well === undefined) throw new Error("two targets were made");
    const balancer = leastRtt.create(settings, balancerDeps());
    balancer.update(all, all);
    balancer.answered?.(failing, 1, true);
    balancer.answered?.(well, 50, false);
    balancer.update([well], all);
    balancer.update(all, all);
    expect(new Set(Array.from({ length: 20 }, () => balancer.pick(null, [])))).toEqual(new Set([well]));
  });
});

describe("locality", () => {
  const settings = { zone: "a", within: "least-rtt", usableShareMin: 0.5 } as const;

  test("stays in the zone while enough of it is usable, then spills over in proportion, then uses other zones", () => {
    const near = targetsOf([1, 1, 1, 1], "a");
    const far = ["f0", "f1"].map((id) => targetOf(id, 1, "b"));
    const all = [...near, ...far];
    const balancer = locality.create(settings, balancerDeps());
    const shareNear = (usableNear: number): number => {
      balancer.update([...near.slice(0, usableNear), ...far], all);
      const picks = Array.from({ length: 2000 }, () => balancer.pick(null, [])?.zone);
      return picks.filter((zone) => zone === "a").length / picks.length;
    };
    expect(shareNear(4)).toBe(1);
    expect(shareNear(2)).toBe(1);
    expect(Math.abs(shareNear(1) - 0.5)).toBeLessThan(0.05);
    expect(shareNear(0)).toBe(0);
  });

  test("uses another zone for a request that failed on all targets of its own", () => {
    const near = targetOf("near", 1, "a");
    const far = targetOf("far", 1, "b");
    const balancer = locality.create(settings, balancerDeps());
    balancer.update([near, far], [near, far]);
    balancer.answered?.(near, 5, false);
    balancer.answered?.(far, 1, false);
    expect(balancer.pick(null, [])).toBe(near);
    expect(balancer.pick(null, [near])).toBe(far);
  });
});
