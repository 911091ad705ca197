import { type Static, Type } from "@sinclair/typebox";
import type { Exchange } from "../../model/exchange/exchange.ts";
import type { Target } from "../targets/target.ts";
import type { Balancer, BalancerDefinition, BalancerDeps } from "./balancer.ts";
import { hashOf } from "./hash.ts";
import { compileHashKey, hashKeySchema, type ReadHashKey } from "./hash-key.ts";
import { HashRing } from "./hash-ring.ts";

const schema = Type.Object(
  {
    by: hashKeySchema,
    loadMax: Type.Number({
      minimum: 1.05,
      maximum: 100,
      default: 1.25,
      description:
        "No target gets more than this many times its fair share of the requests in flight; the excess goes to the next one.",
    }),
  },
  {
    additionalProperties: false,
    description: "The same key goes to the same target, and only the keys of a target that is gone move.",
  },
);

export const consistentHash: BalancerDefinition<typeof schema> = {
  type: "consistent-hash",
  schema,
  create: (config, deps) => new ConsistentHash(config, deps),
};

/**
 * Consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam 2016): a key walks the ring from its point to the first
 * usable target below its bound. The ring includes unusable targets, so that a returning one gets its keys back.
 */
class ConsistentHash implements Balancer {
  readonly #readKey: ReadHashKey;
  readonly #loadMax: number;
  readonly #deps: BalancerDeps;
  #ring = new HashRing([]);
  #usable: ReadonlySet<Target> = new Set();
  #usableWeight = 0;
  /** State of the pick in progress: fields in place of a closure, as a pick allocates nothing. */
  #excluded: readonly Target[] = [];
  #boundPerWeight = 0;

  constructor({ by, loadMax }: Static<typeof schema>, deps: BalancerDeps) {
    this.#readKey = compileHashKey(by);
    this.#loadMax = loadMax;
    this.#deps = deps;
  }

  update(usable: readonly Target[], all: readonly Target[]): void {
    if (!this.#ring.isOf(all)) this.#ring = new HashRing(all);
    this.#usable = new Set(usable);
    this.#usableWeight = usable.reduce((sum, { weight }) => sum + weight, 0);
  }

  pick(exchange: Exchange | null, excluded: readonly Target[]): Target | null {
    if (this.#usable.size === 0) return null;
    const key = exchange === null ? null : this.#readKey(exchange);
    const hash = key === null ? Math.floor(this.#deps.random() * 2 ** 32) : hashOf(key);
    this.#excluded = excluded;
    this.#boundPerWeight = (this.#loadMax * (this.#deps.inFlight() + 1)) / this.#usableWeight;
    // if all targets below their bound are excluded, the request goes to one above it
    return this.#ring.walk(hash, this.#takesMore) ?? this.#ring.walk(hash, this.#takes);
  }

  readonly #takes = (target: Target): boolean => this.#usable.has(target) && !this.#excluded.includes(target);

  readonly #takesMore = (target: Target): boolean =>
    this.#takes(target) && target.inFlight < Math.ceil(this.#boundPerWeight * target.weight);
}
