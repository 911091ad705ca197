import { networkInterfaces } from "node:os";

/**
 * The kinds of addresses that this machine can be expected to connect to: those it has one of itself (as `AI_ADDRCONFIG` of RFC 3493,
 * section 6.1), other than loopback and link-local ones; both where it has neither. In a container without IPv6 every AAAA record would
 * be a target that nobody reaches.
 */
export function ownFamilies(interfaces = networkInterfaces()): (4 | 6)[] {
  const outward = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !linkLocal.test(address));
  const families = ([4, 6] as const).filter((family) => outward.some((one) => one.family === `IPv${family}`));
  return families.length === 0 ? [4, 6] : families;
}

const linkLocal = /^(?:169\.254\.|fe[89ab])/i;
