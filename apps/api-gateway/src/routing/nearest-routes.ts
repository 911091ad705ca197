import { isSensitiveKey } from "@libs/monitoring";
import type { NearMiss } from "../model/exchange/decision.ts";
import { compileConditions, failedValue, takesMethod, type ValueCondition } from "./conditions.ts";
import { parsePathPattern, type PathPattern } from "./path-pattern.ts";
import { RequestValues } from "./request-values.ts";
import type { MatchInput, Routable } from "./route-match.ts";
import { describeRule } from "./value-rule.ts";

interface Distance {
  readonly miss: NearMiss;
  /** Of the route from the request, summed over its parts. */
  readonly distance: number;
  /** How many segments both paths begin with: of routes that differ as much, one of the same part of the site is meant more likely. */
  readonly shared: number;
}

const weights = { host: 3, path: 2, segment: 2, conditions: 1 } as const;

/** Above this whole path segments differ: such a route is no near miss where another one took the request. */
const farFrom = 3;

/**
 * The routes that came nearest to matching, nearest first, each with the first part that failed in the order of matching: host, path,
 * headers, cookies, query, method. Scans every route: for explanations, not for serving requests.
 *
 * @param taken the route that took the request; others that match as well lost to it by specificity.
 */
export function nearestRoutes(
  routes: readonly Routable[],
  input: MatchInput,
  { taken, count }: { readonly taken: string | null; readonly count: number },
): readonly NearMiss[] {
  return routes
    .filter((route) => route.id !== taken)
    .map((route) => measure(route, input, taken))
    .filter(({ distance }) => taken === null || distance <= farFrom)
    .toSorted((a, b) => a.distance - a.shared - (b.distance - b.shared))
    .slice(0, count)
    .map(({ miss }) => miss);
}

function measure({ id, match }: Routable, input: MatchInput, taken: string | null): Distance {
  const pattern = parsePathPattern(match.path);
  const misses: NearMiss[] = [];
  let distance = 0;
  if (match.host !== undefined && !match.host.some((host) => hostFits(host, input.host))) {
    distance += weights.host;
    misses.push({ route: id, failed: "host", expected: match.host.join(" or "), actual: input.host });
  }
  const apart = pattern === null ? Number.POSITIVE_INFINITY : segmentsApart(pattern, input.path);
  if (apart > 0) {
    distance += weights.path + apart * weights.segment;
    misses.push({ route: id, failed: "path", expected: match.path, actual: input.path });
  }
  const condition = conditionMiss({ id, match }, input);
  if (condition !== null) {
    distance += weights.conditions;
    misses.push(condition);
  }
  const [first] = misses;
  const shared = pattern === null ? 0 : segmentsShared(pattern, input.path);
  return { miss: first ?? missBecauseTaken(id, taken), distance, shared };
}

function missBecauseTaken(id: string, taken: string | null): NearMiss {
  const actual = taken === null ? "none took it" : `${taken} is`;
  return { route: id, failed: "specificity", expected: "no route that is more specific", actual };
}

function conditionMiss({ id, match }: Routable, input: MatchInput): NearMiss | null {
  const conditions = compileConditions(match);
  const values = new RequestValues(input);
  const failed = failedValue(conditions, values);
  if (failed !== null) {
    const { source, name, rule } = failed;
    const actual = values.read(source, name);
    const expected = `${name}: ${isSecretRule(failed) ? "a value that is not shown" : describeRule(rule)}`;
    return {
      route: id,
      failed: source,
      expected,
      actual: actual === null ? "absent" : shown(failed, actual),
    };
  }
  if (takesMethod(conditions, input.method)) return null;
  const expected = match.methods?.join(" or ") ?? "any";
  return { route: id, failed: "method", expected, actual: input.method };
}

/** Cookies, and headers like `authorization`, may be credentials: their values are not shown. */
function shown({ source, name }: ValueCondition, value: string): string {
  return source === "cookies" || isSensitiveKey(name) ? "another value" : value;
}

/** The caller may be anyone, and the value what admits to the route. */
function isSecretRule({ name, rule }: ValueCondition): boolean {
  return isSensitiveKey(name) && rule !== null && rule.join("") !== "";
}

function hostFits(pattern: string, host: string): boolean {
  return pattern.startsWith("*.") ? host.endsWith(pattern.slice(1)) : pattern === host;
}

/** 0 for a match; otherwise the number of segments that differ, near misses counting a quarter. */
function segmentsApart({ segments, isPrefix }: PathPattern, path: string): number {
  const given = path.slice(1).split("/");
  const surplus = given.length - segments.length;
  let apart = surplus === 0 || (surplus > 0 && isPrefix) ? 0 : Math.abs(surplus);
  for (const [index, segment] of segments.entries()) {
    const text = given[index];
    if (text === undefined) continue;
    if (segment.kind === "parameter") apart += text === "" ? 1 : 0;
    else if (segment.text !== text) apart += isNearly(segment.text, text) ? 0.25 : 1;
  }
  return apart;
}

/** The number of literal segments that the path begins with as the pattern does. */
function segmentsShared({ segments }: PathPattern, path: string): number {
  const given = path.slice(1).split("/");
  const differs = segments.findIndex(
    (segment, index) => segment.kind !== "literal" || segment.text !== given[index],
  );
  return differs === -1 ? segments.length : differs;
}

/** Equal but for case, or one a prefix of the other: the most common mistakes. */
function isNearly(expected: string, given: string): boolean {
  const [a, b] = [expected.toLowerCase(), given.toLowerCase()];
  if (a === "" || b === "") return false;
  return a.startsWith(b) || b.startsWith(a) || differsByOne(a, b);
}

/** One character changed, added, dropped or swapped with its neighbour. */
function differsByOne(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start += 1;
  let tail = 0;
  while (tail < Math.min(a.length, b.length) - start && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const [left, right] = [a.slice(start, a.length - tail), b.slice(start, b.length - tail)];
  return Math.max(left.length, right.length) <= 1 || left === (right[1] ?? "") + (right[0] ?? "");
}
