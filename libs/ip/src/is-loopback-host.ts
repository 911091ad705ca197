import { parseIp } from "./parse-ip.ts";

/** Whether a host, of a URL or to listen on, can only be this machine: `localhost`, 127.0.0.0/8, `::1`. */
export function isLoopbackHost(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, "");
  if (name === "localhost" || name === "::1") return true;
  return name.startsWith("127.") && parseIp(name) !== null;
}
