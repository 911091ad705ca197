import { parsePathPattern, patternsOverlap, type PathPattern } from "./path-pattern.ts";
import { Router } from "./router.ts";

/** What every gateway answers itself, as paths of routes. */
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

/** What one answers besides that keeps users of its own. */
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
 * The gateway's own endpoints. The one rule: they go before every route but one that spells out the very path, so that a route
 * for everything takes no probe of an orchestrator and no login by accident, and one that is meant to can.
 */
export class OwnEndpoints {
  /** As routes write them. */
  readonly paths: readonly string[];
  readonly #patterns: readonly PathPattern[];
  readonly #router: Router<{ readonly id: string; readonly match: { readonly path: string } }>;

  constructor({ hasSignIn }: { readonly hasSignIn: boolean }) {
    this.paths = hasSignIn ? [...always, ...signIn] : always;
    this.#patterns = this.paths.map(patternOf);
    this.#router = new Router(this.paths.map((path) => ({ id: path, match: { path } })));
  }

  /** Whether a route could be asked about one of them, and gives way: `false` for nearly all routes. */
  isAbove(routePath: string): boolean {
    const route = patternOf(routePath);
    return this.#patterns.some((own) => patternsOverlap(route, own) && !spellsOut(route, own));
  }

  /** The endpoint that answers a request before `routePath`, whose route would match it; `null` where the route takes it. */
  before(routePath: string, path: string): string | null {
    const own = this.find(path);
    return own === null || spellsOut(patternOf(routePath), patternOf(own)) ? null : own;
  }

  /** The endpoint that has this path, `null` where none has. */
  find(path: string): string | null {
    const found = this.#router.match({ path, host: "", method: "GET", query: "", header: () => null });
    return found.kind === "matched" ? found.route.id : null;
  }
}

function spellsOut({ segments, isPrefix }: PathPattern, own: PathPattern): boolean {
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
  if (pattern === null) throw new Error(`${path} is no path pattern`);
  return pattern;
}
