import { isIpv4, parseIp } from "./parse-ip.ts";

/**
 * What stands for a client in limits: an IPv4 address, or the /64 of an IPv6 one, because every host has 2^64 of those.
 * A mapped address is the IPv4 one it is. What is no address stands for itself.
 */
export function ipKey(text: string): string {
  const words = parseIp(text);
  if (words === null) return text;
  if (isIpv4(words)) {
    const word = words[3];
    return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
  }
  return `${words[0].toString(16)}:${words[1].toString(16)}/64`;
}
