import { type WebSocketSettings, webSocketSchema } from "../upstream/websocket/websocket-schema.ts";
import { fillDefaults } from "./fill-defaults.ts";
import type { RouteConfig } from "./schema.ts";

export const webSocketDefaults = fillDefaults(webSocketSchema, {}) as WebSocketSettings;

/** What holds for the WebSockets of a route; `null` where it tunnels none. */
export function webSocketSettingsOf({ websocket }: RouteConfig): WebSocketSettings | null {
  if (websocket === true) return webSocketDefaults;
  return websocket === false ? null : websocket;
}
