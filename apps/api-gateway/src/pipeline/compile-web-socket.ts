import type { GatewayConfig, RouteConfig } from "../config/schema.ts";
import { webSocketSettingsOf } from "../config/web-socket-settings.ts";
import { servicesOf } from "../policies/registry.ts";
import type { TunnelMetricsFactory } from "../upstream/websocket/tunnel-metrics.ts";
import type { CompiledRoute, WebSocketRoute } from "./compiled-route.ts";

export interface WebSocketParts {
  readonly services: GatewayConfig["services"];
  /** Changes whenever an identity, its secrets or a role does. */
  readonly access: string;
  readonly metrics: TunnelMetricsFactory;
}

/**
 * The settings of a route's WebSockets: the route itself, the possible services, and the callers' identities. `null` without tunneling.
 */
export function compileWebSocket(
  route: RouteConfig,
  { services, access, metrics }: WebSocketParts,
): WebSocketRoute | null {
  const settings = webSocketSettingsOf(route);
  if (settings === null) return null;
  const service = route.service ?? "none";
  const reached = [service, ...servicesOf(route.policies)].map((name) => services[name]);
  const fingerprint = Bun.hash(JSON.stringify([route, reached, access])).toString(36);
  const {
    openUpstreamSocket,
  }: typeof import("../upstream/websocket/open-upstream-socket.ts") = require("../upstream/websocket/open-upstream-socket.ts");
  return { settings, fingerprint, metrics: metrics(route.id, service), openSocket: openUpstreamSocket };
}

/** By route. An open WebSocket survives a reload while its route's fingerprint is unchanged. */
export function fingerprintsOf(routes: readonly CompiledRoute[]): ReadonlyMap<string, string> {
  return new Map(
    routes.flatMap(({ id, websocket }) => (websocket === null ? [] : [[id, websocket.fingerprint] as const])),
  );
}
