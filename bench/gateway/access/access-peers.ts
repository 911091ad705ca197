import type { AccessPeer } from "./access-peer.ts";
import { cartwayAccess } from "./cartway-access.ts";
import { fastifyAccess } from "./fastify-access.ts";
import { haproxyAccess } from "./haproxy-access.ts";

export const accessPeers: readonly AccessPeer[] = [
  haproxyAccess,
  fastifyAccess,
  cartwayAccess("in-process"),
  cartwayAccess("redis-leases"),
  cartwayAccess("redis"),
];
