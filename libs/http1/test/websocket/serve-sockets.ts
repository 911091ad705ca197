import { listenHttp1 } from "../../src/server/listen-http1.ts";
import { agreeToWebSocket } from "../../src/server/web-socket-handshake.ts";
import type { AppSocketHandlers } from "../../src/websocket/app-socket.ts";
import { followRejections } from "../../src/websocket/follow-rejections.ts";
import { ServerSockets } from "../../src/websocket/server-sockets.ts";

/** A server whose every connection becomes a WebSocket. */
export interface SocketServer {
  readonly port: number;
  publish(topic: string, data: string | Uint8Array): number;
  stop(): Promise<void>;
}

export type ServeSockets = (handlers: AppSocketHandlers) => SocketServer;

/** This package's own sockets on its own listener. */
export const serveOwn: ServeSockets = (handlers) => {
  const sockets = new ServerSockets(handlers);
  const listener = listenHttp1({
    hostname: "127.0.0.1",
    port: 0,
    reusePort: false,
    bodyBytesMax: 0,
    idleTimeoutSeconds: 60,
    handle(request) {
      const agreement = agreeToWebSocket(request, new Headers());
      if (agreement === null) return new Response(null, { status: 400 });
      request.origin?.takeOver(request, (wire) => sockets.open(wire, null, agreement));
      return undefined;
    },
    answerError: () => new Response(null, { status: 500 }),
  });
  return {
    port: listener.port,
    publish: (topic, data) => sockets.publish(topic, data),
    stop() {
      listener.cut();
      return listener.stop();
    },
  };
};

export const serveBuns: ServeSockets = (handlers) => {
  const server = Bun.serve<unknown>({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request, self) =>
      self.upgrade(request, { data: null }) ? undefined : new Response(null, { status: 400 }),
    websocket: followRejections(handlers),
  });
  return {
    port: server.port ?? 0,
    publish: (topic, data) => server.publish(topic, data, false),
    stop: () => server.stop(true),
  };
};
