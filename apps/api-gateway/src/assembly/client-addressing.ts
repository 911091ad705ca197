import type { AppServer } from "@libs/elysia-server";
import type { IncomingRequest } from "@libs/http1";
import { clientAddress, peerAddress } from "../routing/client-address.ts";
import type { TrustedProxies } from "../routing/client-ip.ts";

export interface ClientAddressing {
  /** The real client, after the trusted-proxy setting. */
  readonly clientIp: (request: IncomingRequest, server: AppServer) => string;
  /** Whether a trusted proxy sent the request, whose word on the client's certificate is believed. */
  readonly isPeerTrusted: (request: IncomingRequest, server: AppServer) => boolean;
}

/** @param proxies those trusted by the config in force, asked for each request */
export function createClientAddressing(proxies: () => TrustedProxies): ClientAddressing {
  return {
    clientIp: (request, server) => clientAddress(request, server, proxies()),
    isPeerTrusted: (request, server) => proxies().trusts(peerAddress(request, server)),
  };
}
