import type { Answer, AppSocketHandlers, IncomingRequest } from "@libs/http1";
import type { Server, SocketAddress } from "bun";

/** What of Bun's server an app may use; behind a TLS front it is not Bun's own. */
export interface AppServer extends Pick<Server<unknown>, "pendingWebSockets" | "hostname" | "port"> {
  /** To all sockets that are subscribed to the topic, in one frame. */
  publish(topic: string, data: string | Uint8Array<ArrayBuffer>, compress?: boolean): number;
  /** The client of the connection; `null` where it has left. */
  requestIP(request: IncomingRequest): SocketAddress | null;
  /** Makes a WebSocket of the request's connection; false where it cannot be one. */
  upgrade(
    request: IncomingRequest,
    options: { readonly data: unknown; readonly headers?: Bun.HeadersInit },
  ): boolean;
  /**
   * Ends the connection, with what still waits for its client, once it stood still for so long. Absent where an answer that breaks off
   * ends it at once.
   */
  timeout?(request: IncomingRequest, seconds: number): void;
  /** Only there where TLS is ended before it: its requests are of https, whatever their URL says. */
  readonly isBehindTls?: true;
}

/** What a WebSocket carries is the app's own business: it is given to `server.upgrade` and read back by its handlers. */
export type AppWebSocketHandler = AppSocketHandlers;

/** What a listener asks of an app. `undefined` means that the request was upgraded to a WebSocket. */
export type Handle = (
  request: IncomingRequest,
  server: AppServer,
) => Promise<Answer | undefined> | Answer | undefined;

/** Where an app listens. */
export interface AppAddress {
  readonly hostname: string;
  readonly port: number;
  /** `http://127.0.0.1:3001`, without a slash at the end. */
  readonly url: string;
}

/** What every app's factory gives. Nothing runs before `start`, nothing is left after `stop`. */
export interface App {
  readonly name: string;
  /** Answers one request. `undefined` means that it was upgraded to a WebSocket. */
  fetch(request: Request, server: AppServer): Promise<Response | undefined> | Response | undefined;
  readonly websocket?: AppWebSocketHandler;
  /** Where it listens; `null` before `start`, after `stop`, and where its port is `null`. */
  readonly address: AppAddress | null;
  /** Migrates, warms and listens (unless the port is `null`). Rejects where it cannot serve, leaving nothing open. */
  start(): Promise<void>;
  /** Drains within the deadlines and closes. May be called more than once: every call waits for the one drain. */
  stop(): Promise<void>;
}
