export const publishPath = "/hub/publish";
/** Queries and commands of services. */
export const servicePaths = ["/hub/history", "/hub/presence", "/hub/disconnect"] as const;
export const ticketPath = "/auth/ws-ticket";

/** Suffixes of an endpoint's path for clients without WebSockets. */
export const fallbackNames = ["sse", "send", "poll"] as const;

/** Every path of a hub with these endpoints, fallbacks and fixed paths included. They take precedence over routes. */
export function hubPathsOf(endpoints: readonly { readonly path: string }[]): readonly string[] {
  const ofEndpoints = endpoints.flatMap(({ path }) => [
    path,
    ...fallbackNames.map((name) => `${path}/${name}`),
  ]);
  return [publishPath, ...servicePaths, ticketPath, ...ofEndpoints];
}
