import type { BodyRate, ConnectionLimits, Trouble } from "@libs/http1";
import type { AppAddress, AppServer, AppWebSocketHandler, Handle } from "../app.ts";
import type { AnswerError } from "../http/answer-error.ts";
import type { TlsSettings } from "../tls-settings.ts";

export interface ListenOptions {
  readonly hostname: string;
  readonly port: number;
  /** The environment variable that sets the port. */
  readonly portSetting: string;
  readonly bodyBytesMax: number;
  /** MUST exceed a load balancer's keep-alive, so that the balancer is always the one to close; 255 at most. */
  readonly idleTimeoutSeconds: number;
  readonly reusePort: boolean;
  /** With `reusePort`: this is the first process on the port, so a port in use is an error. */
  readonly isFirst?: boolean;
  readonly handle: Handle;
  readonly websocket: AppWebSocketHandler;
  readonly answerError: AnswerError;
  /** Called for each connection that this side ended early, where the listener can tell: malformed, too slow, broken off. */
  readonly onTrouble?: (trouble: Trouble) => void;
  /** For listeners on raw sockets and with TLS; `Bun.serve` cannot count connections. */
  readonly connectionLimits?: (() => ConnectionLimits) | undefined;
  /** For the same listeners, over HTTP/1.1. */
  readonly bodyRate?: (() => BodyRate) | undefined;
  /** Whether the app handles requests before Elysia, and therefore needs the cheaper listener. */
  readonly hasFront: boolean;
  /** `null` for plain http. */
  readonly tls: TlsSettings | null;
}

/** An open port. */
export interface Listener {
  readonly address: AppAddress;
  /** Requests and sockets in progress. */
  readonly pending: { readonly requests: number; readonly sockets: number };
  /**
   * Replaces the certificates for new connections; requests and WebSockets in progress continue. Throws where they cannot be used, and
   * keeps the old ones.
   */
  replaceTls(tls: TlsSettings): void;
  /** Stops accepting and closes idle connections. Resolves when the last connection has ended, WebSockets included. */
  stop(): Promise<void>;
  /** Terminates all remaining connections. */
  cut(): Promise<void>;
}

export function addressOf(
  { hostname, port }: Pick<AppServer, "hostname" | "port">,
  isTls: boolean,
): AppAddress {
  const listening = hostname ?? "localhost";
  const reachable = listening === "0.0.0.0" || listening === "::" ? "127.0.0.1" : listening;
  const host = reachable.includes(":") ? `[${reachable}]` : reachable;
  return { hostname: listening, port: port ?? 0, url: `${isTls ? "https" : "http"}://${host}:${port ?? 0}` };
}
