import { type WebSocketSettings, webSocketSchema } from "../upstream/websocket/websocket-schema.ts";
import { fillDefaults } from "./fill-defaults.ts";
import type { RouteConfig } from "./schema.ts";

export const webSocketDefaults = fillDefaults(webSocketSchema, {}) as WebSocketSettings;

/** The settings of a route's WebSockets; `null` if it tunnels none. */
export function webSocketSettingsOf({ websocket }: RouteConfig): WebSocketSettings | null {
  if (websocket === true) return webSocketDefaults;
  return websocket === false ? null : websocket;
}
