import { isSameOrigin } from "./is-same-origin.ts";

const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

export interface PageEvidence {
  readonly headers: { get(name: string): string | null };
  /** Absent counts as a method that writes. */
  readonly method?: string;
}

/**
 * Whether a cookie may authenticate this request: a page of this origin sent it, or it only reads. Browsers say so in
 * `Sec-Fetch-Site` or `Origin`. A WebSocket upgrade is a GET that any site's page can send, so it needs the same proof.
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
 * Whether another origin's page sends a request that writes: credentials that browsers attach by themselves must not authenticate it.
 * Requests from no page, and those that only read, such as following a link, do not count.
 */
export function actsForForeignPage(evidence: PageEvidence): boolean {
  const { headers, method = "POST" } = evidence;
  if (safeMethods.has(method) && headers.get("upgrade") === null) return false;
  const isFromPage = headers.get("sec-fetch-site") !== null || headers.get("origin") !== null;
  return isFromPage && !isOwnPage(evidence);
}
