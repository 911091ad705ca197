export const publishPath = "/hub/publish";
export const ticketPath = "/auth/ws-ticket";

/** What stands after an endpoint's path where no WebSocket gets through. */
export const fallbackNames = ["sse", "send", "poll"] as const;

/**
 * Which of the hub's own paths this is: an endpoint's, one of its fallbacks', or one of those that it always has. `null` where it is
 * none. The hub is asked before every route.
 */
export function hubPathOf(endpoints: readonly { readonly path: string }[], path: string): string | null {
  if (path === publishPath || path === ticketPath) return path;
  const slash = path.lastIndexOf("/");
  const name = path.slice(slash + 1);
  const isFallback = fallbackNames.some((fallback) => fallback === name);
  const isTaken = endpoints.some(
    (one) => one.path === path || (isFallback && one.path === path.slice(0, slash)),
  );
  return isTaken ? path : null;
}
