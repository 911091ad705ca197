import type { MatchInput, RouteMatch } from "./route-match.ts";

/** What a route asks beyond host and path, compiled. */
export interface Conditions {
  readonly methods: ReadonlySet<string> | null;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly query: readonly (readonly [name: string, value: string])[];
}

export function compileConditions(match: RouteMatch): Conditions {
  return {
    methods: match.methods === undefined ? null : new Set(match.methods),
    headers: Object.entries(match.headers ?? {}),
    query: Object.entries(match.query ?? {}),
  };
}

export type ConditionFailure = "method" | "headers" | "query";

/** The first condition that the request does not meet, or `null`. A route for GET serves HEAD too (RFC 9110, 9.3.2). */
export function failedCondition(conditions: Conditions, input: MatchInput): ConditionFailure | null {
  for (const [name, value] of conditions.headers) if (input.header(name) !== value) return "headers";
  for (const [name, value] of conditions.query) if (queryValue(input.query, name) !== value) return "query";
  const { methods } = conditions;
  if (methods === null || methods.has(input.method)) return null;
  return input.method === "HEAD" && methods.has("GET") ? null : "method";
}

/** The first value of a query parameter, decoded, or `null`. */
function queryValue(query: string, name: string): string | null {
  return query === "" ? null : new URLSearchParams(query).get(name);
}

/**
 * The documented rule among routes of the same host and path: one that names methods before one that takes all, then more
 * headers, then more query parameters, then the order of the config.
 */
export function compareConditions(a: Conditions, b: Conditions): number {
  if ((a.methods === null) !== (b.methods === null)) return a.methods === null ? 1 : -1;
  return b.headers.length - a.headers.length || b.query.length - a.query.length;
}

/** True where every request that meets `b` meets `a` too. */
export function covers(a: Conditions, b: Conditions): boolean {
  const methodsCovered = a.methods === null || (b.methods !== null && b.methods.isSubsetOf(a.methods));
  return methodsCovered && contains(b.headers, a.headers) && contains(b.query, a.query);
}

function contains(all: Conditions["headers"], some: Conditions["headers"]): boolean {
  return some.every(([name, value]) => all.some((pair) => pair[0] === name && pair[1] === value));
}
