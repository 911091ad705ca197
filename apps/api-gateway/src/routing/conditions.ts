import type { ReadsValues, ValueSource } from "./request-values.ts";
import type { RouteMatch } from "./route-match.ts";
import {
  compareRules,
  compileValueRule,
  impliesRule,
  meetsRule,
  type ValueMatch,
  type ValueRule,
} from "./value-rule.ts";

/** A route's compiled conditions beyond host and path. */
export interface Conditions {
  readonly methods: ReadonlySet<string> | null;
  /** Conditions on headers first, then cookies, then the query. */
  readonly values: readonly ValueCondition[];
}

export interface ValueCondition {
  readonly source: ValueSource;
  readonly name: string;
  readonly rule: ValueRule;
}

/** Shared by all routes without any. */
const noConditions: Conditions = { methods: null, values: [] };

export function compileConditions({ methods, headers, cookies, query }: RouteMatch): Conditions {
  if ((methods ?? headers ?? cookies ?? query) === undefined) return noConditions;
  return {
    methods: methods === undefined ? null : new Set(methods),
    values: [
      ...conditionsOf("headers", headers),
      ...conditionsOf("cookies", cookies),
      ...conditionsOf("query", query),
    ],
  };
}

function conditionsOf(
  source: ValueSource,
  matches: Readonly<Record<string, ValueMatch>> = {},
): readonly ValueCondition[] {
  return Object.entries(matches).map(([name, match]) => ({ source, name, rule: compileValueRule(match) }));
}

/** The first condition on a value that a request does not meet, or `null`. */
export function failedValue({ values }: Conditions, request: ReadsValues): ValueCondition | null {
  for (const condition of values)
    if (!meetsRule(condition.rule, request.read(condition.source, condition.name))) return condition;
  return null;
}

/** A route for GET serves HEAD too (RFC 9110, 9.3.2). */
export function takesMethod({ methods }: Conditions, method: string): boolean {
  return methods === null || methods.has(method) || (method === "HEAD" && methods.has("GET"));
}

/**
 * Precedence among routes of the same host and path: with methods before without, then more headers, more cookies, more query
 * parameters, then narrower conditions, then the order of the config. A narrower route never comes after one that would take all of its
 * requests.
 */
export function compareConditions(a: Conditions, b: Conditions): number {
  if ((a.methods === null) !== (b.methods === null)) return a.methods === null ? 1 : -1;
  for (const source of ["headers", "cookies", "query"] as const) {
    const more = countOf(b, source) - countOf(a, source);
    if (more !== 0) return more;
  }
  return compareRules(rulesOf(a), rulesOf(b));
}

function countOf({ values }: Conditions, source: ValueSource): number {
  return values.filter((condition) => condition.source === source).length;
}

function rulesOf({ values }: Conditions): readonly ValueRule[] {
  return values.map(({ rule }) => rule);
}

/** True where every request that meets `b` meets `a` too. */
export function covers(a: Conditions, b: Conditions): boolean {
  const methodsCovered =
    a.methods === null || (b.methods !== null && [...b.methods].every((method) => takesMethod(a, method)));
  return methodsCovered && a.values.every((wide) => b.values.some((narrow) => isWithin(narrow, wide)));
}

function isWithin(narrow: ValueCondition, wide: ValueCondition): boolean {
  return narrow.source === wide.source && narrow.name === wide.name && impliesRule(narrow.rule, wide.rule);
}
