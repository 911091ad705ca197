import { Type } from "@sinclair/typebox";
import type { Target } from "../targets/target.ts";
import type { Balancer, BalancerDefinition } from "./balancer.ts";
import { DueHeap } from "./due-heap.ts";

const schema = Type.Object(
  {},
  { additionalProperties: false, description: "In turn, each target as often as its weight says." },
);

export const roundRobin: BalancerDefinition<typeof schema> = {
  type: "round-robin",
  schema,
  create: () => new RoundRobin(),
};

/** Breaks ties in a fixed order, so that no target gets two turns in a row because of them. */
const tieBreak = 1e-9;

/**
 * Smooth weighted round-robin. Each target is due again 1/share after its last turn, and the earliest one is picked: in as many picks
 * as the weights add up to, each target is picked `weight` times, evenly spread. (Earliest deadline first with the first turn at half
 * a step, the divisor method of Sainte-Laguë; nginx's rule gives the same shares but scans every target on every pick.)
 */
class RoundRobin implements Balancer {
  #heap = new DueHeap([], () => 0);

  update(usable: readonly Target[]): void {
    const { time } = this.#heap;
    const dues = this.#heap.dues();
    this.#heap = new DueHeap(usable, (target, index) => {
      const step = 1 / target.share;
      // a remaining target keeps its turn unless its weight has grown; a new one has no missed turns to catch up on
      return Math.min(dues.get(target) ?? time + step / 2 + index * tieBreak, time + step);
    });
  }

  pick(_exchange: unknown, excluded: readonly Target[]): Target | null {
    return this.#heap.take(excluded);
  }
}
