import type { AccessPeer } from "./access-peer.ts";
import { cartwayAccess } from "./cartway-access.ts";
import { fastifyAccess } from "./fastify-access.ts";
import { haproxyAccess } from "./haproxy-access.ts";

/** The gateway with each place in which it can count a limit. */
export const limitStorePeers: readonly AccessPeer[] = [
  cartwayAccess("in-process"),
  cartwayAccess("redis-leases"),
  cartwayAccess("redis"),
];

export const accessPeers: readonly AccessPeer[] = [haproxyAccess, fastifyAccess, ...limitStorePeers];
