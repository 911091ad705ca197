import { compareConditions, type Conditions, type ValueCondition } from "./conditions.ts";
import type { ReadsValues } from "./request-values.ts";

/** A route at one host and path, with what decides its precedence there. */
export interface Conditioned {
  readonly conditions: Conditions;
}

/** Below this many candidates a linear scan is cheaper than the lookup. */
const indexedFrom = 12;

/** Values that are indexed at most; routes with conditions on others are scanned. */
const questionsMax = 4;

interface Ranked<C> {
  readonly rank: number;
  readonly candidate: C;
}

/** Routes indexed by the exact value they require of one header, cookie or parameter. */
interface Question<C> {
  readonly asked: Pick<ValueCondition, "source" | "name">;
  readonly answers: ReadonlyMap<string, readonly Ranked<C>[]>;
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
  readonly #questions: readonly Question<C>[];
  readonly #others: readonly Ranked<C>[];

  constructor(sorted: readonly C[]) {
    const questions: Question<C>[] = [];
    let rest: readonly Ranked<C>[] = sorted.map((candidate, rank) => ({ rank, candidate }));
    while (rest.length >= indexedFrom && questions.length < questionsMax) {
      const key = mostAsked(rest);
      if (key === null) break;
      questions.push(questionOf(key, rest));
      rest = rest.filter(({ candidate }) => exactValueOf(candidate, key) === null);
    }
    this.#questions = questions;
    this.#others = rest;
  }

  possible(values: ReadsValues): readonly C[] {
    const found = this.#questions.flatMap(({ asked, answers }) => {
      const value = values.read(asked.source, asked.name);
      return value === null ? [] : (answers.get(value) ?? []);
    });
    return [...found, ...this.#others].toSorted((a, b) => a.rank - b.rank).map(({ candidate }) => candidate);
  }
}

type Key = Pick<ValueCondition, "source" | "name">;

/** The value that most routes have an exact condition on; `null` where too few share one to be worth an index. */
function mostAsked(candidates: readonly Ranked<Conditioned>[]): Key | null {
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

function questionOf<C extends Conditioned>(asked: Key, candidates: readonly Ranked<C>[]): Question<C> {
  const answers = new Map<string, Ranked<C>[]>();
  for (const ranked of candidates) {
    const value = exactValueOf(ranked.candidate, asked);
    if (value === null) continue;
    const known = answers.get(value);
    if (known === undefined) answers.set(value, [ranked]);
    else known.push(ranked);
  }
  return { asked, answers };
}

/** The exact value that the route requires there; `null` where it accepts others. */
export function exactValueOf({ conditions }: Conditioned, { source, name }: Key): string | null {
  const condition = conditions.values.find((one) => one.source === source && one.name === name);
  return condition?.rule?.length === 1 ? (condition.rule[0] ?? null) : null;
}
