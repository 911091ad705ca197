import { describe, expect, test } from "bun:test";
import { seededRandom } from "@libs/testing";
import * as fc from "fast-check";
import type { Target } from "../targets/target.ts";
import type { Balancer, BalancerDeps } from "./balancer.ts";
import { balancerDeps, targetsOf } from "./test-targets.ts";

/** What every balancer guarantees. */
export function describeBalancer(type: string, create: (deps: BalancerDeps) => Balancer): void {
  const started = (targets: readonly Target[], deps: Partial<BalancerDeps> = {}): Balancer => {
    const balancer = create(balancerDeps(deps));
    balancer.update(targets, targets);
    return balancer;
  };

  describe(`the balancer ${type}`, () => {
    test("picks nothing without usable targets, also before the first update", () => {
      const [target] = targetsOf([1]);
      const balancer = create(balancerDeps());
      expect(balancer.pick(null, [])).toBeNull();
      balancer.update([], target === undefined ? [] : [target]);
      expect(balancer.pick(null, [])).toBeNull();
    });

    test("picks only usable targets, through any series of changes", () => {
      const all = targetsOf([1, 2, 3, 1, 5]);
      const subsets = fc.array(fc.subarray(all), { maxLength: 8 });
      fc.assert(
        fc.property(subsets, (changes) => {
          const balancer = create(balancerDeps());
          for (const usable of changes) {
            balancer.update(usable, all);
            for (let pick = 0; pick < 10; pick += 1) {
              const picked = balancer.pick(null, []);
              if (usable.length === 0) expect(picked).toBeNull();
              else expect(usable.includes(picked ?? ({} as Target))).toBe(true);
            }
          }
        }),
      );
    });

    test("skips excluded targets, and picks nothing if all are excluded", () => {
      const all = targetsOf([1, 1, 4, 1]);
      fc.assert(
        fc.property(fc.subarray(all), (excluded) => {
          const balancer = started(all);
          for (let pick = 0; pick < 12; pick += 1) {
            const picked = balancer.pick(null, excluded);
            if (excluded.length === all.length) expect(picked).toBeNull();
            else expect(excluded.includes(picked ?? all[0] ?? ({} as Target))).toBe(false);
          }
        }),
      );
    });

    test("reaches every target with a weight", () => {
      const all = targetsOf([1, 1, 1, 1]);
      const balancer = started(all, { random: seededRandom(7) });
      const picked = new Set(Array.from({ length: 400 }, () => balancer.pick(null, [])));
      expect(picked.size).toBe(4);
    });

    test("distributes load by weight", () => {
      const all = targetsOf([1, 2, 5]);
      const balancer = started(all, { random: seededRandom(11), inFlight: () => inFlightOf(all) });
      const counts = new Map<Target, number>();
      const underWay: Target[] = [];
      // requests stay in flight for a while, so that balancers by load see some
      for (let request = 0; request < 8000; request += 1) {
        const target = balancer.pick(null, []);
        if (target === null) throw new Error("there are targets");
        counts.set(target, (counts.get(target) ?? 0) + 1);
        target.inFlight += 1;
        underWay.push(target);
        const ended = underWay.length > 64 ? underWay.shift() : undefined;
        if (ended !== undefined) ended.inFlight -= 1;
      }
      const shares = all.map((target) => (counts.get(target) ?? 0) / 8000);
      for (const [index, expected] of [1 / 8, 2 / 8, 5 / 8].entries()) {
        expect(Math.abs((shares[index] ?? 0) - expected)).toBeLessThan(0.06);
      }
    });

    test("keeps the other targets of hashed keys when one of a thousand is added or removed", () => {
      const all = targetsOf(Array.from({ length: 1000 }, () => 1));
      const balancer = started(all);
      const without = all.slice(1);
      balancer.update(without, all);
      const picked = new Set(Array.from({ length: 999 }, () => balancer.pick(null, [])));
      expect(picked.has(all[0] ?? null)).toBe(false);
      balancer.update(all, all);
      expect(balancer.pick(null, [])).not.toBeNull();
    });
  });
}

function inFlightOf(targets: readonly Target[]): number {
  return targets.reduce((sum, { inFlight }) => sum + inFlight, 0);
}
