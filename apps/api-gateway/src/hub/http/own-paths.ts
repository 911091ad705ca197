/**
 * Whether a URL has one of the hub's own paths. Asked of every request that the gateway gets, which nearly all are none of the hub's: it
 * compares in place and makes nothing.
 */
export class OwnPaths {
  readonly #byLength: string[][] = [];

  /** @param paths as `hubPathsOf` gives them */
  constructor(paths: readonly string[]) {
    for (const path of paths) (this.#byLength[path.length] ??= []).push(path);
  }

  /** @param url absolute; a relative one has no path of ours. */
  has(url: string): boolean {
    const scheme = url.indexOf("://");
    const start = scheme < 0 ? -1 : url.indexOf("/", scheme + 3);
    if (start < 0) return false;
    const candidates = this.#byLength[endOfPath(url, start) - start];
    if (candidates === undefined) return false;
    for (const path of candidates) if (url.startsWith(path, start)) return true;
    return false;
  }
}

function endOfPath(url: string, start: number): number {
  const mark = url.indexOf("?", start);
  const end = mark < 0 ? url.length : mark;
  const hash = url.indexOf("#", start);
  return hash < 0 ? end : Math.min(hash, end);
}
