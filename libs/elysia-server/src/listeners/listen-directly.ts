import { followRejections } from "@libs/http1";
import { fetchOf } from "./fetch-of.ts";
import { addressOf, type Listener, type ListenOptions } from "./listener.ts";

/** One `Bun.serve` of plain http, which writes Elysia's answers as they are. */
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
    // What a front throws. Its request is not known here, so the answer has an id of its own, which the log has too.
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
