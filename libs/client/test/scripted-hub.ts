import { createEventLog, type EventLog } from "@libs/testing";
import type { ServerWebSocket } from "bun";

export interface ScriptedConnection {
  readonly frames: EventLog<{
    readonly type: string;
    readonly id?: string;
    readonly payload?: unknown;
    readonly sessionId?: string;
  }>;
  readonly url: string;
  readonly protocols: string;
  send(frame: object): void;
  close(code: number, reason?: string): void;
  /** Closes without a close frame. */
  cut(): void;
}

export interface ScriptedHub {
  readonly url: string;
  readonly connections: EventLog<ScriptedConnection>;
  /** Sets the welcome of later connections; `null` sends none. */
  welcome(payload: object | null): void;
  stop(): Promise<void>;
}

const usual = {
  connectionId: "c-1",
  userId: null,
  expiresAt: null,
  expiresInMs: null,
  heartbeatMs: 25_000,
  frameBytesMax: 65_536,
};

/** A real socket server that does only what a test tells it to; the hub itself is tested elsewhere. */
export function startScriptedHub(): ScriptedHub {
  const connections = createEventLog<ScriptedConnection>();
  const bySocket = new Map<ServerWebSocket<Opened>, ScriptedConnection["frames"]>();
  let welcome: object | null = usual;
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request, listener) {
      const data = { url: request.url, protocols: request.headers.get("sec-websocket-protocol") ?? "" };
      listener.upgrade(request, { data, headers: { "sec-websocket-protocol": "cartway.v1" } });
      return undefined;
    },
    websocket: {
      data: { url: "", protocols: "" },
      open(socket) {
        const frames: ScriptedConnection["frames"] = createEventLog();
        bySocket.set(socket, frames);
        if (welcome !== null) socket.send(JSON.stringify({ type: "welcome", payload: welcome }));
        connections.push({
          frames,
          ...socket.data,
          send: (frame) => void socket.send(JSON.stringify(frame)),
          close: (code, reason) => socket.close(code, reason),
          cut: () => socket.terminate(),
        });
      },
      message(socket, text) {
        bySocket.get(socket)?.push(JSON.parse(String(text)));
      },
    },
  });
  return {
    url: `ws://127.0.0.1:${server.port}/ws`,
    connections,
    welcome(payload) {
      welcome = payload === null ? null : { ...usual, ...payload };
    },
    stop: () => server.stop(true),
  };
}

interface Opened {
  readonly url: string;
  readonly protocols: string;
}
