export const publishPath = "/hub/publish";
/** What services may ask of the hub besides. */
export const servicePaths = ["/hub/history", "/hub/presence", "/hub/disconnect"] as const;
export const ticketPath = "/auth/ws-ticket";

/** What stands after an endpoint's path where no WebSocket gets through. */
export const fallbackNames = ["sse", "send", "poll"] as const;

/** Every path that a hub of these endpoints has: theirs, their fallbacks', and those that it always has. It is asked before every route. */
export function hubPathsOf(endpoints: readonly { readonly path: string }[]): readonly string[] {
  const ofEndpoints = endpoints.flatMap(({ path }) => [
    path,
    ...fallbackNames.map((name) => `${path}/${name}`),
  ]);
  return [publishPath, ...servicePaths, ticketPath, ...ofEndpoints];
}
