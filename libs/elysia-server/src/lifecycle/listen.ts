import type { App, AppAddress, AppServer, AppWebSocketHandler } from "../app.ts";
import type { AnswerError } from "../http/answer-error.ts";

export interface ListenOptions {
  readonly hostname: string;
  readonly port: number;
  readonly bodyBytesMax: number;
  /** Above what a load balancer keeps connections for, so that it is always the balancer that closes; 255 at most. */
  readonly idleTimeoutSeconds: number;
  readonly reusePort: boolean;
  readonly fetch: App["fetch"];
  readonly websocket: AppWebSocketHandler;
  readonly answerError: AnswerError;
}

/** Opens the port. Throws where it is taken: without `reusePort` Bun never shares one in silence. */
export function listen(options: ListenOptions): AppServer {
  const { hostname, port, fetch, websocket, answerError } = options;
  return Bun.serve<unknown>({
    hostname,
    port,
    fetch,
    websocket,
    development: false,
    reusePort: options.reusePort,
    idleTimeout: options.idleTimeoutSeconds,
    maxRequestBodySize: options.bodyBytesMax,
    // What a front throws. Its request is not known here, so the answer has an id of its own, which the log has too.
    error: (thrown) => answerError(thrown, Bun.randomUUIDv7()),
  });
}

export function addressOf(server: AppServer): AppAddress {
  const port = server.port ?? 0;
  const listening = server.hostname ?? "localhost";
  const reachable = listening === "0.0.0.0" || listening === "::" ? "127.0.0.1" : listening;
  const host = reachable.includes(":") ? `[${reachable}]` : reachable;
  return { hostname: listening, port, url: `http://${host}:${port}` };
}
