import type { UpstreamTarget } from "./upstream.ts";

/** The Host of a request that is meant for the target itself (RFC 9112, section 3.2): without a default port; a unix socket has no name. */
export function authorityOf({ protocol, host, port, name = host, unixPath }: UpstreamTarget): string {
  if (unixPath !== undefined) return "localhost";
  const written = name.includes(":") ? `[${name}]` : name;
  return port === (protocol === "https" ? 443 : 80) ? written : `${written}:${port}`;
}
