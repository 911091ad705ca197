import { CidrSet, parseIp } from "@libs/ip";

/** Decides whose X-Forwarded-For is trusted. */
export interface TrustedProxies {
  trusts(ip: string): boolean;
  /** Number of proxies before the gateway, whatever their addresses; 0 where proxies are known by address. */
  readonly hops: number;
}

export function createTrustedProxies(cidrs: readonly string[], hops = 0): TrustedProxies {
  if (hops > 0) return { trusts: () => true, hops };
  if (cidrs.length === 0) return { trusts: () => false, hops };
  const networks = new CidrSet(cidrs);
  return {
    hops,
    trusts(ip) {
      const words = parseIp(ip);
      return words !== null && networks.has(words);
    },
  };
}

/** `::ffff:10.0.0.1` becomes `10.0.0.1`, so that no rule is bypassed by another spelling of the same address. */
export function plainIp(ip: string): string {
  if (!ip.startsWith("::")) return ip;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  return mapped ?? ip;
}

/** The address in an entry of the list, without the port that some proxies append; `null` for an invalid one. */
function addressIn(entry: string): string | null {
  const plain = plainIp(entry);
  if (parseIp(plain) !== null) return plain;
  const address = /^(?:\[([^\]]+)\]|([\d.]+))(?::\d{1,5})?$/.exec(entry);
  const bare = plainIp(address?.[1] ?? address?.[2] ?? "");
  return parseIp(bare) === null ? null : bare;
}

/**
 * The real client: the rightmost address of `X-Forwarded-For` that is no trusted proxy. Everything left of it was written by that
 * client and is ignored. The peer itself where it is not trusted. Where proxies are counted, the entry that the first of them wrote.
 */
export function clientIpOf(peer: string, forwardedFor: string | null, proxies: TrustedProxies): string {
  if (forwardedFor === null || !proxies.trusts(peer)) return peer;
  let client = peer;
  let hop = 0;
  for (const entry of forwardedFor.split(",").toReversed()) {
    const ip = addressIn(entry.trim());
    if (ip === null) return client;
    client = ip;
    hop += 1;
    if (proxies.hops > 0 ? hop === proxies.hops : !proxies.trusts(ip)) return client;
  }
  return client;
}
