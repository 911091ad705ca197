import { type Static, Type } from "@sinclair/typebox";
import type { Exchange } from "../../model/exchange/exchange.ts";
import type { Target } from "../targets/target.ts";
import type { Balancer, BalancerDefinition, BalancerDeps } from "./balancer.ts";
import { leastInFlight } from "./least-in-flight.ts";
import { leastRtt } from "./least-rtt.ts";
import { roundRobin } from "./round-robin.ts";

const schema = Type.Object(
  {
    zone: Type.String({
      minLength: 1,
      maxLength: 64,
      description: "This gateway's own zone, as discovery names the targets' zones.",
    }),
    within: Type.Union(
      [Type.Literal("round-robin"), Type.Literal("least-in-flight"), Type.Literal("least-rtt")],
      { default: "least-in-flight", description: "The balancer within a zone." },
    ),
    usableShareMin: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.7,
      description:
        "All requests stay in the zone while at least this share of its weight is usable; below it, the rest spills over to other zones in proportion.",
    }),
  },
  { additionalProperties: false, description: "Targets in the gateway's own zone first." },
);

export const locality: BalancerDefinition<typeof schema> = {
  type: "locality",
  schema,
  create: (config, deps) => new Locality(config, deps),
};

const inner = {
  "round-robin": (deps: BalancerDeps) => roundRobin.create({}, deps),
  "least-in-flight": (deps: BalancerDeps) => leastInFlight.create({}, deps),
  "least-rtt": (deps: BalancerDeps) => leastRtt.create({ decayMs: 10_000, failureMs: 1000 }, deps),
} as const;

class Locality implements Balancer {
  readonly answered?: NonNullable<Balancer["answered"]>;
  readonly #zone: string;
  readonly #usableShareMin: number;
  readonly #random: () => number;
  readonly #local: Balancer;
  readonly #remote: Balancer;
  /** Share of the requests that stays in the zone. */
  #localShare = 1;

  constructor({ zone, within, usableShareMin }: Static<typeof schema>, deps: BalancerDeps) {
    this.#zone = zone;
    this.#usableShareMin = usableShareMin;
    this.#random = deps.random;
    const local = inner[within](deps);
    const remote = inner[within](deps);
    this.#local = local;
    this.#remote = remote;
    if (local.answered === undefined) return;
    this.answered = (target, elapsedMs, isFailure) => {
      const side = target.zone === zone ? local : remote;
      side.answered?.(target, elapsedMs, isFailure);
    };
  }

  update(usable: readonly Target[], all: readonly Target[]): void {
    const isLocal = ({ zone }: Target): boolean => zone === this.#zone;
    const isRemote = (target: Target): boolean => !isLocal(target);
    const local = usable.filter(isLocal);
    this.#local.update(local, all.filter(isLocal));
    this.#remote.update(usable.filter(isRemote), all.filter(isRemote));
    const whole = weightOf(all.filter(isLocal)) * this.#usableShareMin;
    const part = weightOf(local);
    this.#localShare = part === 0 ? 0 : whole === 0 ? 1 : Math.min(1, part / whole);
  }

  pick(exchange: Exchange | null, excluded: readonly Target[]): Target | null {
    const staysLocal = this.#localShare === 1 || this.#random() < this.#localShare;
    const [first, second] = staysLocal ? [this.#local, this.#remote] : [this.#remote, this.#local];
    return first.pick(exchange, excluded) ?? second.pick(exchange, excluded);
  }
}

function weightOf(targets: readonly Target[]): number {
  return targets.reduce((sum, { weight }) => sum + weight, 0);
}
