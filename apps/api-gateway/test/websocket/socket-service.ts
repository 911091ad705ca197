import { createEventLog, type EventLog } from "@libs/testing";
import type { Server, ServerWebSocket } from "bun";

export interface SocketService extends AsyncDisposable {
  readonly url: string;
  /** The upgrade requests, as they came. */
  readonly upgrades: EventLog<{ readonly path: string; readonly headers: Headers }>;
  readonly opened: EventLog<ServerWebSocket<unknown>>;
  readonly messages: EventLog<string | Buffer>;
  readonly pings: EventLog<string>;
  readonly pongs: EventLog<string>;
  readonly closes: EventLog<{ readonly code: number; readonly reason: string }>;
}

export interface SocketServiceOptions {
  readonly onMessage?: (socket: ServerWebSocket<unknown>, message: string | Buffer) => void;
  /** Refuses every upgrade with it. */
  readonly refusal?: () => Response;
  /** Echoes by default. */
  readonly headers?: Readonly<Record<string, string>>;
}

const echo: NonNullable<SocketServiceOptions["onMessage"]> = (socket, message) => void socket.send(message);

/** A service that speaks WebSocket, and notes all that reaches it. */
export function startSocketService(options: SocketServiceOptions = {}): SocketService {
  const { onMessage = echo, refusal, headers } = options;
  const service = {
    upgrades: createEventLog<{ path: string; headers: Headers }>(),
    opened: createEventLog<ServerWebSocket<unknown>>(),
    messages: createEventLog<string | Buffer>(),
    pings: createEventLog<string>(),
    pongs: createEventLog<string>(),
    closes: createEventLog<{ code: number; reason: string }>(),
  };
  const server: Server<unknown> = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request, self) {
      const { pathname, search } = new URL(request.url);
      service.upgrades.push({ path: pathname + search, headers: new Headers(request.headers) });
      if (refusal !== undefined) return refusal();
      if (request.headers.get("upgrade") === null) return new Response("plain");
      const isUpgraded = self.upgrade(request, {
        data: null,
        headers: { "x-service": "yes", ...headers },
      });
      return isUpgraded ? undefined : new Response("no", { status: 400 });
    },
    websocket: {
      maxPayloadLength: 64 * 1024 * 1024,
      backpressureLimit: 256 * 1024 * 1024,
      sendPings: false,
      open: (socket) => service.opened.push(socket),
      message(socket, message) {
        service.messages.push(message);
        onMessage(socket, message);
      },
      ping: (_socket, data) => service.pings.push(data.toString()),
      pong: (_socket, data) => service.pongs.push(data.toString()),
      close: (_socket, code, reason) => service.closes.push({ code, reason }),
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    ...service,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}
