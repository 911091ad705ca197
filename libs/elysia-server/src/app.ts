import type { Answer, AppSocketHandlers, IncomingRequest } from "@libs/http1";
import type { Server, SocketAddress } from "bun";

/** The part of Bun's server that apps may use. With a front or TLS it is the platform's own implementation. */
export interface AppServer extends Pick<Server<unknown>, "pendingWebSockets" | "hostname" | "port"> {
  /** Sends to all sockets that are subscribed to the topic. */
  publish(topic: string, data: string | Uint8Array<ArrayBuffer>, compress?: boolean): number;
  /** The client's address; `null` where it has disconnected. */
  requestIP(request: IncomingRequest): SocketAddress | null;
  /** Upgrades the connection to a WebSocket; false where that is not possible. */
  upgrade(
    request: IncomingRequest,
    options: { readonly data: unknown; readonly headers?: Bun.HeadersInit },
  ): boolean;
  /**
   * Closes the connection, dropping buffered output, once it has made no progress for that long. Absent where a failing answer closes the
   * connection at once.
   */
  timeout?(request: IncomingRequest, seconds: number): void;
  /** Set where TLS was terminated before this server: requests are https even if their URL says http. */
  readonly isBehindTls?: true;
}

/** WebSocket handlers. A socket's `data` is the value that the app passed to `server.upgrade`. */
export type AppWebSocketHandler = AppSocketHandlers;

/** Answers a request for a listener. `undefined` means that it was upgraded to a WebSocket. */
export type Handle = (
  request: IncomingRequest,
  server: AppServer,
) => Promise<Answer | undefined> | Answer | undefined;

/** The address that an app listens on. */
export interface AppAddress {
  readonly hostname: string;
  readonly port: number;
  /** `http://127.0.0.1:3001`, without a trailing slash. */
  readonly url: string;
}

/** The result of every app's factory. Nothing runs before `start`, and nothing is left after `stop`. */
export interface App {
  readonly name: string;
  /** Answers one request. `undefined` means that it was upgraded to a WebSocket. */
  fetch(request: Request, server: AppServer): Promise<Response | undefined> | Response | undefined;
  readonly websocket?: AppWebSocketHandler;
  /** The address in use; `null` before `start`, after `stop`, and for an app whose port is `null`. */
  readonly address: AppAddress | null;
  /** Migrates, warms up and listens (unless the port is `null`). On rejection nothing stays open. */
  start(): Promise<void>;
  /** Drains within the deadlines and closes. Repeated calls wait for the same drain. */
  stop(): Promise<void>;
}
