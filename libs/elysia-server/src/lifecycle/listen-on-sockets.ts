import {
  agreeToWebSocket,
  type IncomingRequest,
  incomingOf,
  listenHttp1,
  ServerSockets,
  WireRequest,
} from "@libs/http1";
import type { AppServer } from "../app.ts";
import { addressOf, type Listener, type ListenOptions } from "./listener.ts";

/**
 * A listener of this platform's own on raw sockets, without TLS. It reads requests more strictly than `Bun.serve`, and a request costs it
 * half as much.
 */
export function listenOnSockets(options: ListenOptions): Listener {
  const { handle, answerError } = options;
  const sockets = new ServerSockets(options.websocket);
  const http = listenHttp1({
    hostname: options.hostname,
    port: options.port,
    reusePort: options.reusePort,
    bodyBytesMax: options.bodyBytesMax,
    idleTimeoutSeconds: options.idleTimeoutSeconds,
    handle: (request) => handle(request, server),
    // What a front throws, and what could not be read: there is no request whose id it could have.
    answerError: (thrown) => answerError(thrown, Bun.randomUUIDv7()),
    ...(options.connectionLimits === undefined ? {} : { connectionLimits: options.connectionLimits }),
    ...(options.onTrouble === undefined ? {} : { onTrouble: options.onTrouble }),
  });
  const server: AppServer = {
    hostname: http.hostname,
    port: http.port,
    get pendingWebSockets() {
      return sockets.size;
    },
    requestIP: (request) => wireRequestOf(request)?.origin?.peer ?? null,
    upgrade(request, { data, headers }) {
      const asked = wireRequestOf(request);
      const agreement = asked === null ? null : agreeToWebSocket(asked, new Headers(headers));
      if (asked === null || agreement === null) return false;
      return asked.origin?.takeOver(asked, (wire) => sockets.open(wire, data, agreement)) ?? false;
    },
    publish: (topic, data) => sockets.publish(topic, data),
  };

  return {
    address: addressOf(http, false),
    get pending() {
      return { requests: http.pendingRequests, sockets: sockets.size };
    },
    replaceTls() {
      throw new Error("the listener was opened without TLS");
    },
    stop: () => http.stop(),
    async cut() {
      const ended = http.stop();
      http.cut();
      await ended;
    },
  };
}

function wireRequestOf(request: IncomingRequest): WireRequest | null {
  const asked = incomingOf(request);
  return asked instanceof WireRequest ? asked : null;
}
