import { CartwayError } from "@libs/errors";
import { CandidateList, exactValueOf } from "./candidate-list.ts";
import { runAtOnce, type Steps } from "../model/steps.ts";
import { compileConditions, type Conditions, covers, failedValue, takesMethod } from "./conditions.ts";
import { type PathPattern, parsePathPattern, pathPatternExpectation } from "./path-pattern.ts";
import { type ReadsValues, RequestValues, type ValueSource } from "./request-values.ts";
import type { MatchInput, MatchResult, Routable } from "./route-match.ts";

const slash = 47;

/** A route that no request can reach, and what shadows it: one route, or one per host. */
export interface ShadowedRoute {
  readonly route: string;
  readonly by: string;
}

interface Candidate<R> {
  readonly route: R;
  readonly conditions: Conditions;
  readonly parameterNames: readonly string[];
}

/** The routes of one host and path: nearly always a single one. */
type Candidates<R> = Candidate<R> | CandidateList<Candidate<R>>;

/**
 * A node of a host's tree of path segments; `null` for what it does not have. A request reads the nodes on its path and a candidate, which
 * are in no CPU cache where requests are spread over thousands of routes: whatever most routes have in common is one shared object.
 */
interface PathNode<R> {
  literals: Map<string, PathNode<R>> | null;
  parameter: PathNode<R> | null;
  /** Routes that end at this node, and prefix routes that start here. */
  exact: Candidates<R> | null;
  prefix: Candidates<R> | null;
}

/**
 * Finds the route of a request. The most specific one wins, by one rule: an exact host before the longest wildcard before
 * any host; then, segment by segment from the left, a literal before a parameter before a prefix; then the conditions (see
 * `compareConditions`). A route whose conditions fail gives way to the next. The cost grows with the depth of the path,
 * not with the number of routes: hosts and segments are looked up in maps, and so are exact values that many routes ask for.
 */
export class Router<R extends Routable> {
  #shadowed: readonly ShadowedRoute[] = [];
  readonly #exactHosts = new Map<string, PathNode<R>>();
  /** By what follows the asterisk, dot included. */
  readonly #wildcardHosts = new Map<string, PathNode<R>>();
  readonly #anyHost = createNode<R>();

  /** @throws Error for an invalid path pattern, which the config check has refused before. */
  constructor(routes: readonly R[]) {
    runAtOnce(this.#take(routes));
  }

  /** The same router, made in small steps. */
  static *inSteps<R extends Routable>(routes: readonly R[]): Steps<Router<R>> {
    const router = new Router<R>([]);
    yield* router.#take(routes);
    return router;
  }

  get shadowed(): readonly ShadowedRoute[] {
    return this.#shadowed;
  }

  *#take(routes: readonly R[]): Steps<void> {
    const trees = new Set<PathNode<R>>([this.#anyHost]);
    for (const route of routes) {
      const pattern = parsePathPattern(route.match.path);
      if (pattern === null) throw new Error(`${route.match.path}: expected ${pathPatternExpectation}`);
      for (const tree of this.#treesOf(route.match.host)) {
        trees.add(tree);
        add(tree, route, pattern);
      }
      yield;
    }
    const shadowed: ShadowedRoute[] = [];
    for (const tree of trees) yield* sortCandidates(tree, shadowed);
    this.#shadowed = unreachable(shadowed, routes);
  }

  match(input: MatchInput): MatchResult<R> {
    const search = new Search<R>(input);
    // The most specific host first.
    const exact = this.#exactHosts.get(input.host);
    const found =
      (exact === undefined ? null : search.in(exact)) ??
      this.#matchWildcards(search, input.host) ??
      search.in(this.#anyHost);
    return found ?? search.nothingFound();
  }

  #treesOf(hosts: readonly string[] | undefined): PathNode<R>[] {
    if (hosts === undefined) return [this.#anyHost];
    return [...new Set(hosts)].map((host) => {
      const [map, key] = host.startsWith("*.")
        ? [this.#wildcardHosts, host.slice(1)]
        : [this.#exactHosts, host];
      const tree = map.get(key) ?? createNode<R>();
      map.set(key, tree);
      return tree;
    });
  }

  /** The longest wildcard first. */
  #matchWildcards(search: Search<R>, host: string): MatchResult<R> | null {
    if (this.#wildcardHosts.size === 0) return null;
    for (let dot = host.indexOf("."); dot > 0; dot = host.indexOf(".", dot + 1)) {
      const wildcard = this.#wildcardHosts.get(host.slice(dot));
      const found = wildcard === undefined ? null : search.in(wildcard);
      if (found !== null) return found;
    }
    return null;
  }
}

/** One search for one request. */
class Search<R extends Routable> implements ReadsValues {
  readonly #input: MatchInput;
  /** Values of the path parameters so far; empty again after a search without a match. */
  readonly #values: string[] = [];
  #allowed: Set<string> | null = null;
  #asked: RequestValues | null = null;

  constructor(input: MatchInput) {
    this.#input = input;
  }

  in(tree: PathNode<R>): MatchResult<R> | null {
    return this.#walk(tree, 1);
  }

  nothingFound(): MatchResult<R> {
    return this.#allowed === null
      ? { kind: "none" }
      : { kind: "method", allow: [...this.#allowed].toSorted() };
  }

  /** Searches below `node` for the path from `start`, most specific branches first. */
  #walk(node: PathNode<R>, start: number): MatchResult<R> | null {
    const { path } = this.#input;
    if (start > path.length) return this.#pick(node.exact) ?? this.#pick(node.prefix);
    if (node.literals === null && node.parameter === null) return this.#pick(node.prefix);
    const end = endOfSegment(path, start);
    const segment = path.slice(start, end);
    const literal = node.literals?.get(segment);
    if (literal !== undefined) {
      const found = this.#walk(literal, end + 1);
      if (found !== null) return found;
    }
    if (node.parameter !== null && segment !== "") {
      this.#values.push(segment);
      const found = this.#walk(node.parameter, end + 1);
      if (found !== null) return found;
      this.#values.pop();
    }
    return this.#pick(node.prefix);
  }

  #pick(candidates: Candidates<R> | null): MatchResult<R> | null {
    if (candidates === null) return null;
    if (!(candidates instanceof CandidateList)) return this.#try(candidates);
    for (const candidate of candidates.possible(this)) {
      const found = this.#try(candidate);
      if (found !== null) return found;
    }
    return null;
  }

  #try({ route, conditions, parameterNames }: Candidate<R>): MatchResult<R> | null {
    if (failedValue(conditions, this) !== null) return null;
    if (takesMethod(conditions, this.#input.method))
      return { kind: "matched", route, params: this.#params(parameterNames) };
    this.#allow(conditions);
    return null;
  }

  /** Read lazily: most requests are matched without any value. */
  read(source: ValueSource, name: string): string | null {
    this.#asked ??= new RequestValues(this.#input);
    return this.#asked.read(source, name);
  }

  #allow({ methods }: Conditions): void {
    this.#allowed ??= new Set();
    for (const method of methods ?? []) this.#allowed.add(method);
    if (this.#allowed.has("GET")) this.#allowed.add("HEAD");
  }

  #params(names: readonly string[]): Readonly<Record<string, string>> {
    if (names.length === 0) return noParams;
    const params: Record<string, string> = Object.create(null);
    for (const [index, name] of names.entries()) params[name] = decode(this.#values[index] ?? "");
    return params;
  }
}

const noParams: Readonly<Record<string, string>> = Object.freeze(Object.create(null));

/** A loop: `indexOf` with a position leaves compiled code, which takes longer than a segment. */
function endOfSegment(path: string, start: number): number {
  let at = start;
  while (at < path.length && path.charCodeAt(at) !== slash) at += 1;
  return at;
}

function decode(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch (thrown) {
    throw new CartwayError("invalid_path", { internal: "an escape is not UTF-8", cause: thrown });
  }
}

function createNode<R>(): PathNode<R> {
  return { literals: null, parameter: null, exact: null, prefix: null };
}

function add<R extends Routable>(tree: PathNode<R>, route: R, pattern: PathPattern): void {
  let node = tree;
  for (const segment of pattern.segments) {
    let next: PathNode<R>;
    if (segment.kind === "literal") {
      node.literals ??= new Map();
      next = node.literals.get(segment.text) ?? createNode<R>();
      node.literals.set(segment.text, next);
    } else {
      next = node.parameter ?? createNode<R>();
      node.parameter = next;
    }
    node = next;
  }
  const names = pattern.segments.flatMap((segment) => (segment.kind === "parameter" ? [segment.name] : []));
  const parameterNames = names.length === 0 ? noNames : names;
  const candidate = { route, conditions: compileConditions(route.match), parameterNames };
  const end = pattern.isPrefix ? "prefix" : "exact";
  node[end] = withCandidate(node[end], candidate);
}

const noNames: readonly string[] = [];

function withCandidate<R>(others: Candidates<R> | null, candidate: Candidate<R>): Candidates<R> {
  if (others === null) return candidate;
  const list = others instanceof CandidateList ? others : new CandidateList(others);
  list.add(candidate);
  return list;
}

/** A route with several hosts is reachable while at least one of them is not shadowed. */
function unreachable(
  shadowed: readonly ShadowedRoute[],
  routes: readonly Routable[],
): readonly ShadowedRoute[] {
  const inTheWay = new Map<string, string[]>();
  for (const { route, by } of shadowed) inTheWay.set(route, [...(inTheWay.get(route) ?? []), by]);
  return routes.flatMap(({ id, match }) => {
    const others = inTheWay.get(id) ?? [];
    const places = match.host === undefined ? 1 : new Set(match.host).size;
    return others.length < places ? [] : [{ route: id, by: [...new Set(others)].join(" and ") }];
  });
}

/** Seals every node's candidates and adds those that can never be reached to `shadowed`. */
function* sortCandidates<R extends Routable>(node: PathNode<R>, shadowed: ShadowedRoute[]): Steps<void> {
  for (const one of [...seal(node.exact), ...seal(node.prefix)]) shadowed.push(one);
  yield;
  for (const child of node.literals?.values() ?? []) yield* sortCandidates(child, shadowed);
  if (node.parameter !== null) yield* sortCandidates(node.parameter, shadowed);
}

function seal<R extends Routable>(candidates: Candidates<R> | null): readonly ShadowedRoute[] {
  if (!(candidates instanceof CandidateList)) return nothingShadowed;
  return candidates.seal().flatMap((candidate) => {
    const before = inTheWayOf(candidate, candidates);
    return before === null ? [] : [{ route: candidate.route.id, by: before.route.id }];
  });
}

const nothingShadowed: readonly ShadowedRoute[] = [];

/** A shadowing candidate has no exact condition that the shadowed one does not have too. */
function inTheWayOf<R>(candidate: Candidate<R>, all: CandidateList<Candidate<R>>): Candidate<R> | null {
  const asked = { read: (source: ValueSource, name: string) => exactValueOf(candidate, { source, name }) };
  for (const earlier of all.possible(asked)) {
    if (earlier === candidate) return null;
    if (covers(earlier.conditions, candidate.conditions)) return earlier;
  }
  return null;
}
