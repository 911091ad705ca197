import type { AppWebSocketHandler } from "@libs/elysia-server";
import type { GatewayConfig } from "../config/schema.ts";
import { webSocketDefaults, webSocketSettingsOf } from "../config/web-socket-settings.ts";
import { Tunnel } from "../upstream/websocket/tunnel.ts";

/** Settings shared by all WebSockets of a listener: Bun's limits are per listener, ours per route and endpoint. */
export interface SocketLimits {
  readonly messageBytesMax: number;
  readonly bufferBytesMax: number;
}

/** The largest of any route, and at least a route's defaults, since a reload may add one. */
export function socketLimitsOf({ routes }: GatewayConfig): SocketLimits {
  const settings = [webSocketDefaults, ...routes.map(webSocketSettingsOf)].filter((one) => one !== null);
  return {
    messageBytesMax: Math.max(...settings.map((one) => one.messageBytesMax)),
    bufferBytesMax: Math.max(...settings.map((one) => one.bufferBytesMax)),
  };
}

/** @throws Error where a config exceeds the limits that the listener was opened with, which only a restart can change. */
export function checkSocketLimits(opened: SocketLimits, config: GatewayConfig): void {
  const wanted = socketLimitsOf(config);
  const isWithin =
    wanted.messageBytesMax <= opened.messageBytesMax && wanted.bufferBytesMax <= opened.bufferBytesMax;
  if (isWithin) return;
  throw new Error(
    "a route's websocket messageBytesMax or bufferBytesMax exceeds every limit that the gateway was started with: restart it",
  );
}

/** Combines the hub's sockets and the routes' tunnels on one listener: a socket's data tells them apart. */
export function createSocketHandlers(hub: AppWebSocketHandler, tunnels: SocketLimits): AppWebSocketHandler {
  const frameBytesMax = hub.maxPayloadLength ?? 0;
  return {
    ...hub,
    maxPayloadLength: Math.max(frameBytesMax, tunnels.messageBytesMax),
    backpressureLimit: Math.max(hub.backpressureLimit ?? 0, tunnels.bufferBytesMax * 2),
    open(socket) {
      if (socket.data instanceof Tunnel) socket.data.opened(socket);
      else return hub.open?.(socket);
    },
    message(socket, message) {
      if (socket.data instanceof Tunnel) socket.data.received(message);
      else if (isLonger(message, frameBytesMax)) socket.close(1009, "Received too big message");
      else return hub.message?.(socket, message);
    },
    drain(socket) {
      if (socket.data instanceof Tunnel) socket.data.drained();
      else return hub.drain?.(socket);
    },
    ping(socket, data) {
      if (socket.data instanceof Tunnel) socket.data.pinged(data);
      else return hub.ping?.(socket, data);
    },
    pong(socket, data) {
      if (socket.data instanceof Tunnel) socket.data.ponged(data);
      else return hub.pong?.(socket, data);
    },
    close(socket, code, reason) {
      if (socket.data instanceof Tunnel) socket.data.closed(code, reason);
      else return hub.close?.(socket, code, reason);
    },
  };
}

/** Characters take at most three bytes, so most texts need not be measured. */
function isLonger(message: string | Uint8Array, bytesMax: number): boolean {
  if (typeof message !== "string") return message.byteLength > bytesMax;
  return message.length * 3 > bytesMax && Buffer.byteLength(message) > bytesMax;
}
