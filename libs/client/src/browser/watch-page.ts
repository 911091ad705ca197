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
  page.addEventListener("online", reachable);
  page.addEventListener("offline", offline);
  page.addEventListener("pagehide", left);
  page.document.addEventListener("visibilitychange", shown);
  return () => {
    page.removeEventListener("online", reachable);
    page.removeEventListener("offline", offline);
    page.removeEventListener("pagehide", left);
    page.document.removeEventListener("visibilitychange", shown);
  };
}
