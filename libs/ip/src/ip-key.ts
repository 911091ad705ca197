import { isIpv4, parseIp } from "./parse-ip.ts";

/**
 * The key of a client in limits: an IPv4 address, or the /64 of an IPv6 one, since a host has a whole /64. A mapped address counts as its
 * IPv4 address. A text that is not an address is its own key.
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
