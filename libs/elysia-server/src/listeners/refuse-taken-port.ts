/** Throws where anybody has the port: one that is shared, with successors or other processes, would be shared with a stranger as well. */
export function refuseTakenPort(hostname: string, port: number): void {
  if (port === 0) return;
  void Bun.serve({ hostname, port, reusePort: false, fetch: () => new Response() }).stop(true);
}
