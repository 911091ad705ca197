import { Type } from "@sinclair/typebox";
import type { Target } from "../targets/target.ts";
import type { Balancer, BalancerDefinition } from "./balancer.ts";
import { drawTwo } from "./draw-two.ts";

const schema = Type.Object(
  {},
  {
    additionalProperties: false,
    description: "The one with fewer requests in flight, by weight, of two drawn at random.",
  },
);

export const leastInFlight: BalancerDefinition<typeof schema> = {
  type: "least-in-flight",
  schema,
  create(_config, { random }): Balancer {
    let targets: readonly Target[] = [];
    return {
      update: (usable) => void (targets = usable),
      pick: (_exchange, excluded) => drawTwo(targets, excluded, random, load),
    };
  },
};

function load({ inFlight, share }: Target): number {
  return (inFlight + 1) / share;
}
