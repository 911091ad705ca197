import type { IncomingRequest } from "@libs/http1";
import type { AppServer } from "@libs/elysia-server";
import { clientIpOf, plainIp, type TrustedProxies } from "./client-ip.ts";

/** The real client's address: the peer's, or the one that trusted proxies report. */
export function clientAddress(request: IncomingRequest, server: AppServer, proxies: TrustedProxies): string {
  return clientIpOf(peerAddress(request, server), request.headers.get("x-forwarded-for"), proxies);
}

/** The address that opened the connection. */
export function peerAddress(request: IncomingRequest, server: Pick<AppServer, "requestIP">): string {
  return plainIp(server.requestIP(request)?.address ?? "");
}
