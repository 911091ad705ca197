import { parseIp } from "@libs/ip";
import type { UpstreamTarget } from "../../model/upstream/upstream.ts";

/**
 * The `serverName` for `Bun.connect`: the name sent as SNI and required of the certificate. Empty where a target is known by its address
 * only, which cannot be sent as SNI (RFC 6066, section 3): Bun then requires the address that it connects to.
 */
export function serverNameOf({ serverName, host, unixPath }: UpstreamTarget): string {
  const name = serverName ?? host;
  return name === host && unixPath === undefined && parseIp(host) !== null ? "" : name;
}
