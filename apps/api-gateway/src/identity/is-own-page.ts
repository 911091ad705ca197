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

/**
 * Whether a page of another origin makes the request do something: credentials that browsers send by themselves must not speak for
 * it. What comes from no page at all, and what only reads, as following a link does, is nobody else's.
 */
export function actsForForeignPage(evidence: PageEvidence): boolean {
  const { headers, method = "POST" } = evidence;
  if (safeMethods.has(method) && headers.get("upgrade") === null) return false;
  const isFromPage = headers.get("sec-fetch-site") !== null || headers.get("origin") !== null;
  return isFromPage && !isOwnPage(evidence);
}
