import { compareConditions, type Conditions, type ValueCondition } from "./conditions.ts";
import type { ReadsValues } from "./request-values.ts";

/** A route at one host and path, with what decides its precedence there. */
export interface Conditioned {
  readonly conditions: Conditions;
}

/** Below this many candidates a linear scan is cheaper than the lookup. */
const indexedFrom = 12;

/** Values that are indexed at most; routes with conditions on others are scanned. */
const indexesMax = 4;

interface Ranked<C> {
  readonly rank: number;
  readonly candidate: C;
}

/** Where a request has a value that routes have conditions on. */
type Key = Pick<ValueCondition, "source" | "name">;

/** Routes indexed by the exact value they require of one header, cookie or parameter. */
interface ValueIndex<C> {
  readonly key: Key;
  readonly byValue: ReadonlyMap<string, readonly Ranked<C>[]>;
}

/**
 * The routes of one host and path, in order of precedence once sealed. Where there are many, those that require an exact value of the
 * same header, cookie or parameter are indexed by it, so that a thousand tenants on one path cost what ten do. Routes with only pattern
 * conditions are scanned.
 */
export class CandidateList<C extends Conditioned> {
  readonly #sorted: C[];
  /** `null` where a scan is cheaper. */
  #index: CandidateIndex<C> | null = null;

  constructor(first: C) {
    this.#sorted = [first];
  }

  add(candidate: C): void {
    this.#sorted.push(candidate);
  }

  /** MUST be called once all routes are added. The sort is stable: equal routes keep the order of the config. */
  seal(): readonly C[] {
    this.#sorted.sort((a, b) => compareConditions(a.conditions, b.conditions));
    if (this.#sorted.length >= indexedFrom) this.#index = new CandidateIndex(this.#sorted);
    return this.#sorted;
  }

  /** Every route that may match these values, in order of precedence; most of those that cannot are left out. */
  possible(values: ReadsValues): readonly C[] {
    return this.#index === null ? this.#sorted : this.#index.possible(values);
  }
}

class CandidateIndex<C extends Conditioned> {
  readonly #indexes: readonly ValueIndex<C>[];
  readonly #unindexed: readonly Ranked<C>[];

  constructor(sorted: readonly C[]) {
    const indexes: ValueIndex<C>[] = [];
    let rest: readonly Ranked<C>[] = sorted.map((candidate, rank) => ({ rank, candidate }));
    while (rest.length >= indexedFrom && indexes.length < indexesMax) {
      const key = commonestKey(rest);
      if (key === null) break;
      indexes.push(indexBy(key, rest));
      rest = rest.filter(({ candidate }) => exactValueOf(candidate, key) === null);
    }
    this.#indexes = indexes;
    this.#unindexed = rest;
  }

  possible(values: ReadsValues): readonly C[] {
    const found = this.#indexes.flatMap(({ key, byValue }) => {
      const value = values.read(key.source, key.name);
      return value === null ? [] : (byValue.get(value) ?? []);
    });
    return [...found, ...this.#unindexed]
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ candidate }) => candidate);
  }
}

/** The value that most routes have an exact condition on; `null` where too few share one to be worth an index. */
function commonestKey(candidates: readonly Ranked<Conditioned>[]): Key | null {
  const counts = new Map<string, { readonly key: Key; count: number }>();
  for (const { candidate } of candidates) {
    for (const { source, name, rule } of candidate.conditions.values) {
      if (rule?.length !== 1) continue;
      const id = `${source} ${name}`;
      const known = counts.get(id);
      if (known === undefined) counts.set(id, { key: { source, name }, count: 1 });
      else known.count += 1;
    }
  }
  let best: { readonly key: Key; count: number } | null = null;
  for (const one of counts.values()) if (one.count > (best?.count ?? 1)) best = one;
  return best?.key ?? null;
}

function indexBy<C extends Conditioned>(key: Key, candidates: readonly Ranked<C>[]): ValueIndex<C> {
  const byValue = new Map<string, Ranked<C>[]>();
  for (const ranked of candidates) {
    const value = exactValueOf(ranked.candidate, key);
    if (value === null) continue;
    const known = byValue.get(value);
    if (known === undefined) byValue.set(value, [ranked]);
    else known.push(ranked);
  }
  return { key, byValue };
}

/** The exact value that the route requires there; `null` where it accepts others. */
export function exactValueOf({ conditions }: Conditioned, { source, name }: Key): string | null {
  const condition = conditions.values.find((one) => one.source === source && one.name === name);
  return condition?.rule?.length === 1 ? (condition.rule[0] ?? null) : null;
}
