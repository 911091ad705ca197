/** Throws where the port is in use. A port opened with `reusePort` would silently be shared with an unrelated process otherwise. */
export function refuseTakenPort(hostname: string, port: number): void {
  if (port === 0) return;
  void Bun.serve({ hostname, port, reusePort: false, fetch: () => new Response() }).stop(true);
}
