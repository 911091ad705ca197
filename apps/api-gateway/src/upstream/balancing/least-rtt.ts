import { type Static, Type } from "@sinclair/typebox";
import type { Target } from "../targets/target.ts";
import type { Balancer, BalancerDefinition, BalancerDeps } from "./balancer.ts";
import { drawTwo } from "./draw-two.ts";
import type { PeakEwma } from "./peak-ewma.ts";

const schema = Type.Object(
  {
    decayMs: Type.Integer({
      minimum: 100,
      maximum: 600_000,
      default: 10_000,
      description:
        "Decay of the latency average: the effect of an answer falls to 37 % in this time. Milliseconds.",
    }),
    failureMs: Type.Integer({
      minimum: 1,
      maximum: 600_000,
      default: 1000,
      description:
        "Latency that a failure counts as at least, so that failing fast does not look like being fast. Milliseconds.",
    }),
  },
  {
    additionalProperties: false,
    description:
      "The one of two drawn at random that is likely to answer first: its latency times its requests in flight.",
  },
);

export const leastRtt: BalancerDefinition<typeof schema> = {
  type: "least-rtt",
  schema,
  create: (config, deps) => new LeastRtt(config, deps),
};

/** Peak EWMA over two random choices, as in Finagle: slow answers count at once and decay over time. */
class LeastRtt implements Balancer {
  readonly #settings: Static<typeof schema>;
  readonly #deps: BalancerDeps;
  readonly #costOf: (target: Target) => number;
  #targets: readonly Target[] = [];
  #latencies = new Map<Target, PeakEwma>();

  constructor(settings: Static<typeof schema>, deps: BalancerDeps) {
    this.#settings = settings;
    this.#deps = deps;
    this.#costOf = (target) => {
      const measured = this.#latencies.get(target)?.valueAt(deps.now()) ?? 0;
      // a target is tried with one request, and counts as failing until it has answered for the first time
      const latency = measured === 0 && target.inFlight > 0 ? settings.failureMs : measured;
      return ((latency + 1) * (target.inFlight + 1)) / target.share;
    };
  }

  update(usable: readonly Target[], all: readonly Target[]): void {
    const before = this.#latencies;
    this.#targets = usable;
    // unusable targets keep their averages for their return
    this.#latencies = new Map(
      all.map((target) => [target, before.get(target) ?? target.standing.latency(this.#settings.decayMs)]),
    );
  }

  pick(_exchange: unknown, excluded: readonly Target[]): Target | null {
    const target = drawTwo(this.#targets, excluded, this.#deps.random, this.#costOf);
    if (target !== null) this.#latencies.get(target)?.sent(this.#deps.now());
    return target;
  }

  answered(target: Target, elapsedMs: number, isFailure: boolean): void {
    const counted = isFailure ? Math.max(elapsedMs, this.#settings.failureMs) : elapsedMs;
    this.#latencies.get(target)?.observe(counted, this.#deps.now());
  }
}
