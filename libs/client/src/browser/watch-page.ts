import type { Page } from "./page.ts";

export interface PageListener {
  /** The network is back, or the page is visible again. */
  readonly reachable: () => void;
  readonly offline: () => void;
  /** The page is left; it may not run again. */
  readonly left: () => void;
}

/** @returns a function that stops it */
export function watchPage(page: Page, { reachable, offline, left }: PageListener): () => void {
  const shown = (): void => {
    if (page.document.visibilityState === "visible") reachable();
  };
  const watching = new AbortController();
  page.addEventListener("online", reachable, watching);
  page.addEventListener("offline", offline, watching);
  page.addEventListener("pagehide", left, watching);
  page.document.addEventListener("visibilitychange", shown, watching);
  return () => watching.abort();
}
