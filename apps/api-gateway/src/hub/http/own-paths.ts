import { targetOf } from "@libs/http1";

/**
 * Tests whether a request's path is the hub's. Runs on every request of the gateway, nearly all of which are not, so it compares in place and
 * allocates nothing.
 */
export class OwnPaths {
  readonly #byLength: string[][] = [];

  /** @param paths as `hubPathsOf` gives them */
  constructor(paths: readonly string[]) {
    for (const path of paths) (this.#byLength[path.length] ??= []).push(path);
  }

  has(request: { readonly url: string }): boolean {
    const target = targetOf(request);
    const mark = target.indexOf("?");
    const candidates = this.#byLength[mark < 0 ? target.length : mark];
    if (candidates === undefined) return false;
    for (const path of candidates) if (target.startsWith(path)) return true;
    return false;
  }
}
