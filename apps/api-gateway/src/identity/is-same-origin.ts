/**
 * Whether a page of `origin` is one of the host that it asks, port included. `null`, as sandboxed pages and files have it, and whatever
 * is no URL, is nobody's. The port may be left out where it is the usual one of the page's scheme.
 */
export function isSameOrigin(origin: string, host: string | null): boolean {
  const page = URL.parse(origin);
  if (page === null || page.host === "" || host === null) return false;
  return page.host === URL.parse(`${page.protocol}//${host}`)?.host;
}
