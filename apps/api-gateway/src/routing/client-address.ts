import type { IncomingRequest } from "@libs/http1";
import type { AppServer } from "@libs/elysia-server";
import { clientIpOf, plainIp, type TrustedProxies } from "./client-ip.ts";

/** The real client of a request: the peer, or what trusted proxies say of it. */
export function clientAddress(request: IncomingRequest, server: AppServer, proxies: TrustedProxies): string {
  return clientIpOf(peerAddress(request, server), request.headers.get("x-forwarded-for"), proxies);
}

/** Whoever opened the connection. */
export function peerAddress(request: IncomingRequest, server: Pick<AppServer, "requestIP">): string {
  return plainIp(server.requestIP(request)?.address ?? "");
}
