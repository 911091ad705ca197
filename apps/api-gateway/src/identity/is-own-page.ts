import { isSameOrigin } from "./is-same-origin.ts";

const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

export interface PageEvidence {
  readonly headers: { get(name: string): string | null };
  /** Unknown counts as one that changes something. */
  readonly method?: string;
}

/**
 * Whether a cookie may speak for this request: a page of this origin sent it, or it only reads. Browsers say so themselves in
 * `Sec-Fetch-Site` or `Origin`. A WebSocket's upgrade is a GET that other sites' pages can make, so it needs the same proof.
 */
export function isOwnPage({ headers, method = "POST" }: PageEvidence): boolean {
  const site = headers.get("sec-fetch-site");
  const isReading = safeMethods.has(method) && headers.get("upgrade") === null;
  if (site !== null) return site === "same-origin" || site === "none" || (isReading && site === "same-site");
  const origin = headers.get("origin");
  if (origin === null) return isReading;
  return isSameOrigin(origin, headers.get("host"));
}
