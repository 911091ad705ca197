import { parseIp } from "@libs/ip";
import type { UpstreamTarget } from "../model/upstream/upstream.ts";

const hostName = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_.])?$/i;

/** Whether a connection to the target can be tried at all. Registries take whatever a service registers itself with. */
export function isReachable({ host, port }: Pick<UpstreamTarget, "host" | "port">): boolean {
  return (
    Number.isInteger(port) && port > 0 && port < 65_536 && (parseIp(host) !== null || hostName.test(host))
  );
}
