/**
 * Whether `origin` has the same host as the request, port included. `null` (sandboxed pages and files) and invalid URLs never do.
 * The port may be omitted where it is the default of the page's scheme.
 */
export function isSameOrigin(origin: string, host: string | null): boolean {
  const page = URL.parse(origin);
  if (page === null || page.host === "" || host === null) return false;
  return page.host === URL.parse(`${page.protocol}//${host}`)?.host;
}
