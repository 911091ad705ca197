import { Type } from "@sinclair/typebox";
import type { Target } from "../target.ts";
import type { Balancer, BalancerDefinition } from "./balancer.ts";

const schema = Type.Object(
  {},
  { additionalProperties: false, description: "In turn, each target as often as its weight says." },
);

export const roundRobin: BalancerDefinition<typeof schema> = {
  type: "round-robin",
  schema,
  create: createRoundRobin,
};

/**
 * Smooth weighted round-robin: in any run of as many picks as the weights add up to, each target is picked its weight's
 * times, and never in one burst. (The rule that nginx made known.)
 */
function createRoundRobin(): Balancer {
  const credit = new WeakMap<Target, number>();
  return {
    pick(targets, excluded) {
      let best: Target | null = null;
      let bestCredit = Number.NEGATIVE_INFINITY;
      let total = 0;
      for (const target of targets) {
        if (!target.healthy || target.weight === 0) continue;
        total += target.weight;
        const earned = (credit.get(target) ?? 0) + target.weight;
        credit.set(target, earned);
        if (target !== excluded && earned > bestCredit) {
          best = target;
          bestCredit = earned;
        }
      }
      const chosen = best ?? (excluded?.healthy === true ? excluded : null);
      if (chosen !== null) credit.set(chosen, (credit.get(chosen) ?? 0) - total);
      return chosen;
    },
  };
}
