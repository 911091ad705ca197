import type { ConnectionLimits, Trouble } from "@libs/http1";
import type { AppAddress, AppServer, AppWebSocketHandler, Handle } from "../app.ts";
import type { AnswerError } from "../http/answer-error.ts";
import type { TlsSettings } from "../tls-settings.ts";

export interface ListenOptions {
  readonly hostname: string;
  readonly port: number;
  /** The variable that sets it. */
  readonly portSetting: string;
  readonly bodyBytesMax: number;
  /** Above what a load balancer keeps connections for, so that it is always the balancer that closes; 255 at most. */
  readonly idleTimeoutSeconds: number;
  readonly reusePort: boolean;
  /** With `reusePort`: nobody has the port yet, and who has it all the same is a stranger. */
  readonly isFirst?: boolean;
  readonly handle: Handle;
  readonly websocket: AppWebSocketHandler;
  readonly answerError: AnswerError;
  /** Told of each connection that this side ended before its time, where the listener can tell: malformed, too slow, broken off. */
  readonly onTrouble?: (trouble: Trouble) => void;
  /** Of a listener on raw sockets, and of one with TLS; `Bun.serve` cannot count connections. */
  readonly connectionLimits?: (() => ConnectionLimits) | undefined;
  /** Whether the app has a way of its own for requests, whose cost counts. */
  readonly hasFront: boolean;
  /** Plain http where `null`. */
  readonly tls: TlsSettings | null;
}

/** An open port. */
export interface Listener {
  readonly address: AppAddress;
  /** What is still under way. */
  readonly pending: { readonly requests: number; readonly sockets: number };
  /**
   * New connections see these certificates; requests and WebSockets under way go on. Throws, changing nothing, where they
   * cannot be used.
   */
  replaceTls(tls: TlsSettings): void;
  /** Accepts nothing more and closes what is idle. Resolves when the last connection has ended, WebSockets among them. */
  stop(): Promise<void>;
  /** Cuts what is left. */
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
