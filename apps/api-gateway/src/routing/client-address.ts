import type { AppServer } from "@libs/elysia-server";
import { clientIpOf, plainIp, type TrustedProxies } from "./client-ip.ts";

/** The real client of a request: the peer, or what trusted proxies say of it. */
export function clientAddress(request: Request, server: AppServer, proxies: TrustedProxies): string {
  const peer = plainIp(server.requestIP(request)?.address ?? "");
  return clientIpOf(peer, request.headers.get("x-forwarded-for"), proxies);
}
