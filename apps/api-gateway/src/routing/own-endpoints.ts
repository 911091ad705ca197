import { parsePathPattern, patternsOverlap, type PathPattern } from "./path-pattern.ts";
import { Router } from "./router.ts";

/** Endpoints of every gateway, as route paths. */
const always = [
  "/health",
  "/healthz",
  "/readyz",
  "/version",
  "/metrics",
  "/swagger",
  "/swagger/json",
  "/swagger/assets/{file}",
  "/client/cartway.js",
  "/client/cartway.global.js",
] as const;

/** Further endpoints of a gateway that has its own users. */
const signIn = [
  "/.well-known/jwks.json",
  "/auth/login",
  "/auth/refresh",
  "/auth/revoke",
  "/auth/me",
  "/auth/logout",
  "/auth/logout-everywhere",
  "/auth/oauth/{provider}/start",
  "/auth/oauth/{provider}/callback",
  "/auth/oauth/token",
] as const;

/**
 * The gateway's own endpoints. They take precedence over every route except one with exactly their path, so that a catch-all route
 * does not capture an orchestrator's probe or a login by accident, but can be configured to.
 */
export class OwnEndpoints {
  /** Path patterns, as in routes. */
  readonly paths: readonly string[];
  readonly #patterns: readonly PathPattern[];
  readonly #router: Router<{ readonly id: string; readonly match: { readonly path: string } }>;

  constructor({ hasSignIn }: { readonly hasSignIn: boolean }) {
    this.paths = hasSignIn ? [...always, ...signIn] : always;
    this.#patterns = this.paths.map(patternOf);
    this.#router = new Router(this.paths.map((path) => ({ id: path, match: { path } })));
  }

  /** Whether the route's pattern covers an own endpoint, and gives way to it: `false` for nearly all routes. */
  isAbove(routePath: string): boolean {
    const route = patternOf(routePath);
    return this.#patterns.some((own) => patternsOverlap(route, own) && !isAsSpecificAs(route, own));
  }

  /** The endpoint that takes precedence over the matching route `routePath`; `null` where the route takes the request. */
  before(routePath: string, path: string): string | null {
    const own = this.find(path);
    return own === null || isAsSpecificAs(patternOf(routePath), patternOf(own)) ? null : own;
  }

  /** The endpoint with this path, or `null`. */
  find(path: string): string | null {
    const found = this.#router.match({ path, host: "", method: "GET", query: "", header: () => null });
    return found.kind === "matched" ? found.route.id : null;
  }
}

function isAsSpecificAs({ segments, isPrefix }: PathPattern, own: PathPattern): boolean {
  return (
    !isPrefix &&
    segments.length === own.segments.length &&
    own.segments.every(
      (segment, index) => segment.kind === "parameter" || segments[index]?.kind === "literal",
    )
  );
}

function patternOf(path: string): PathPattern {
  const pattern = parsePathPattern(path);
  if (pattern === null) throw new Error(`${path} is not a path pattern`);
  return pattern;
}
