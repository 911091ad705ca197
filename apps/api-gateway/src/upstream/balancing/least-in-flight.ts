import { Type } from "@sinclair/typebox";
import type { Target } from "../target.ts";
import type { Balancer, BalancerDefinition } from "./balancer.ts";

const schema = Type.Object(
  {},
  { additionalProperties: false, description: "The less busy of two targets drawn at random." },
);

export const leastInFlight: BalancerDefinition<typeof schema> = {
  type: "least-in-flight",
  schema,
  create: () => createLeastInFlight(),
};

/**
 * The less busy of two targets drawn at random ("the power of two choices", Mitzenmacher 2001): nearly as even as asking
 * all of them, without the herd that follows whoever is emptiest at the moment.
 */
function createLeastInFlight(random: () => number = Math.random): Balancer {
  return {
    pick(targets, excluded) {
      const first = draw(targets, excluded, null, random);
      if (first === null) return excluded?.healthy === true ? excluded : null;
      const second = draw(targets, excluded, first, random);
      return second !== null && load(second) < load(first) ? second : first;
    },
  };
}

function load(target: Target): number {
  return (target.inFlight + 1) / target.weight;
}

/** A random usable target other than the two given, by counting twice instead of copying. */
function draw(
  targets: readonly Target[],
  excluded: Target | null,
  taken: Target | null,
  random: () => number,
): Target | null {
  const isUsable = (target: Target): boolean =>
    target.healthy && target.weight > 0 && target !== excluded && target !== taken;
  let usable = 0;
  for (const target of targets) if (isUsable(target)) usable += 1;
  let skip = Math.floor(random() * usable);
  for (const target of targets) {
    if (isUsable(target) && skip-- === 0) return target;
  }
  return null;
}
