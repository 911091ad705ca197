import type { Takeover } from "../../src/takeover.ts";
import type { AppSocketHandlers } from "../../src/websocket/app-socket.ts";
import { acceptKey } from "../../src/websocket/handshake.ts";
import { ServerSockets } from "../../src/websocket/server-sockets.ts";
import { RawWire } from "./raw-wire.ts";

/** A server whose every connection becomes a WebSocket. */
export interface SocketServer {
  readonly port: number;
  publish(topic: string, data: string | Uint8Array): number;
  stop(): Promise<void>;
}

export type ServeSockets = (handlers: AppSocketHandlers) => SocketServer;

interface Connection {
  readonly wire: RawWire;
  takeover: Takeover | null;
}

/** This package's own sockets on the least listener there can be. */
export const serveOwn: ServeSockets = (handlers) => {
  const sockets = new ServerSockets(handlers);
  const listener = Bun.listen<Connection>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(socket) {
        socket.data = { wire: new RawWire(socket), takeover: null };
      },
      data({ data: connection }, bytes) {
        if (connection.takeover !== null) return connection.takeover.received(bytes);
        const text = bytes.toString("latin1");
        const end = text.indexOf("\r\n\r\n") + 4;
        const key = /sec-websocket-key: (\S+)/i.exec(text)?.[1] ?? "";
        const head = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptKey(key)}\r\n\r\n`;
        connection.takeover = sockets.open(connection.wire, null, Buffer.from(head));
        if (end < bytes.byteLength) connection.takeover.received(bytes.subarray(end));
      },
      drain({ data: connection }) {
        if (connection.wire.flush()) connection.takeover?.drained();
      },
      close({ data: connection }) {
        connection.takeover?.closed();
      },
      error() {
        // `close` follows
      },
    },
  });
  return {
    port: listener.port,
    publish: (topic, data) => sockets.publish(topic, data),
    stop() {
      listener.stop(true);
      return Promise.resolve();
    },
  };
};

export const serveBuns: ServeSockets = (handlers) => {
  const server = Bun.serve<unknown>({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request, self) =>
      self.upgrade(request, { data: null }) ? undefined : new Response(null, { status: 400 }),
    websocket: handlers,
  });
  return {
    port: server.port ?? 0,
    publish: (topic, data) => server.publish(topic, data, false),
    stop: () => server.stop(true),
  };
};
