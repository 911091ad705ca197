import type { ValueMatch } from "./value-rule.ts";

/** A route's match conditions, as configured. An absent field matches everything. */
export interface RouteMatch {
  /** Exact names or `*.example.com`, lower case. */
  readonly host?: readonly string[];
  /** `/a/b` exact, `/a/{id}` with parameters, `/a/*` for `/a` and everything below it. */
  readonly path: string;
  readonly methods?: readonly string[];
  /** By lower-case name. */
  readonly headers?: Readonly<Record<string, ValueMatch>>;
  readonly cookies?: Readonly<Record<string, ValueMatch>>;
  readonly query?: Readonly<Record<string, ValueMatch>>;
}

/** The matcher's view of a route, which it returns unchanged. */
export interface Routable {
  readonly id: string;
  readonly match: RouteMatch;
}

/** The parts of a request that routes are matched by. */
export interface MatchInput {
  readonly host: string;
  /** Normalised. */
  readonly path: string;
  readonly method: string;
  /** The first value of a header by its lower-case name, or `null`. */
  header(name: string): string | null;
  /** Raw, without the question mark. */
  readonly query: string;
}

export type MatchResult<R> =
  | { readonly kind: "matched"; readonly route: R; readonly params: Readonly<Record<string, string>> }
  /** A route has this path for other methods. */
  | { readonly kind: "method"; readonly allow: readonly string[] }
  | { readonly kind: "none" };
