import type { AppServer } from "@libs/elysia-server";
import type { IncomingRequest } from "@libs/http1";
import { clientAddress, peerAddress } from "../routing/client-address.ts";
import type { TrustedProxies } from "../routing/client-ip.ts";

export interface ClientAddressing {
  /** The real client, after the trusted-proxy setting. */
  readonly clientIp: (request: IncomingRequest, server: AppServer) => string;
  /** Whether a trusted proxy sent the request: its client certificate headers are then believed. */
  readonly isPeerTrusted: (request: IncomingRequest, server: AppServer) => boolean;
}

/** @param proxies returns those trusted by the current config; called per request */
export function createClientAddressing(proxies: () => TrustedProxies): ClientAddressing {
  return {
    clientIp: (request, server) => clientAddress(request, server, proxies()),
    isPeerTrusted: (request, server) => proxies().trusts(peerAddress(request, server)),
  };
}
