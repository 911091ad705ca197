import { followRejections } from "@libs/http1";
import { fetchOf } from "./fetch-of.ts";
import { addressOf, type Listener, type ListenOptions } from "./listener.ts";

/** A `Bun.serve` of plain http, which writes Elysia's answers without conversion. */
export function listenDirectly(options: ListenOptions): Listener {
  const { hostname, port, reusePort, handle, websocket, answerError } = options;
  const server = Bun.serve<unknown>({
    hostname,
    port,
    fetch: fetchOf(handle),
    websocket: followRejections(websocket),
    development: false,
    reusePort,
    idleTimeout: options.idleTimeoutSeconds,
    maxRequestBodySize: options.bodyBytesMax,
    // thrown by a front; the request is unknown here, so the answer and the log line get a request id of their own
    error: (thrown) => answerError(thrown, Bun.randomUUIDv7()),
  });
  return {
    address: addressOf(server, false),
    get pending() {
      return { requests: server.pendingRequests, sockets: server.pendingWebSockets };
    },
    replaceTls() {
      throw new Error("the listener was opened without TLS");
    },
    stop: () => server.stop(),
    cut: () => server.stop(true),
  };
}
