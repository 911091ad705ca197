import type { CartwayError } from "@libs/errors";
import type { Answer, BodyRate, ConnectionLimits, IncomingRequest } from "@libs/http1";
import type { Telemetry } from "@libs/monitoring";
import type { AnyElysia } from "elysia";
import type { AppServer, AppWebSocketHandler } from "./app.ts";
import type { CorsOptions } from "./http/cors.ts";
import type { DirectRoute } from "./http/direct-routes.ts";
import type { ServedRequest } from "./http/request-scope.ts";
import type { DocsPaths } from "./operations/describe-routes.ts";
import type { Store } from "./operations/readiness.ts";
import type { ServerConfig } from "./server-config.ts";

type MaybePromise<T> = T | Promise<T>;

/**
 * Handles requests before Elysia: `null` passes the request on, and `undefined` means that it was upgraded to a WebSocket. A front is
 * responsible for its request ids, CORS and spans; errors that it throws are rendered by the shell.
 */
export type Front = (request: IncomingRequest, server: AppServer) => MaybePromise<Answer | undefined> | null;

export interface WebSocketOptions {
  /** Bun's handlers and limits (`idleTimeout`, `maxPayloadLength`, ...) for every socket of the listener. */
  readonly handlers: AppWebSocketHandler;
  /** Bound on open sockets of the listener; more are refused with 503 and `Retry-After`. 10,000 by default. */
  readonly maxConnections?: number;
  /** The shell upgrades requests for this path. An app with several paths calls `upgrade` in its front. */
  readonly path?: string;
  /**
   * Closes the app's sockets when the listener drains, for instance after pending answers and spread over time. Bounded by the drain
   * deadline, after which the remaining sockets are closed at once.
   */
  readonly drain?: () => Promise<void>;
  /** The `data` of a socket on `path`; throws a `CartwayError` to refuse. */
  readonly accept?: (request: Request) => MaybePromise<unknown>;
}

export interface ElysiaServerOptions extends ServerConfig, Telemetry {
  /** The app's name, as in its package: `ingestion`. */
  readonly name: string;
  /** Further fields of `/version`, evaluated on each request. Public. */
  readonly about?: () => Readonly<Record<string, unknown>>;
  /** Elysia plugins with the app's routes, mounted in this order. */
  readonly routes?: readonly AnyElysia[];
  /** Served before Elysia and before the front. */
  readonly directRoutes?: readonly DirectRoute[];
  readonly front?: Front;
  /** Called for each request served by Elysia or a direct route. MUST NOT throw. */
  readonly onServed?: (served: ServedRequest) => void;
  readonly websocket?: WebSocketOptions;
  /** Off by default. Adds hooks to every Elysia route; the front is not affected. */
  readonly cors?: CorsOptions;
  /** Checked by `/readyz`. */
  readonly stores?: Readonly<Record<string, Store>>;
  readonly storeTimeoutMs?: number;
  /**
   * For an app that works without its stores: `/readyz` waits for them only at startup. Otherwise an outage of a shared store would take
   * all instances out of service at once.
   */
  readonly staysReady?: boolean;
  /** Bound on bodies of Elysia's routes; 1 MiB by default. */
  readonly bodyBytesMax?: number;
  /** Bound on all bodies, the front's included, above which Bun closes the connection. 128 MiB by default. */
  readonly listenerBodyBytesMax?: number;
  /** Seconds without traffic before a connection is closed; 90 by default, above the 60 of load balancers; 255 at most. */
  readonly idleTimeoutSeconds?: number;
  /** Returns the current limits, for apps with a front or TLS; unlimited by default. */
  readonly connectionLimits?: () => ConnectionLimits;
  /** Returns the current minimum rate of request bodies over HTTP/1.1, for apps with a front or TLS; none by default. */
  readonly bodyRate?: () => BodyRate;
  /** API description at `/swagger` and `/swagger/json`; on by default. */
  readonly docs?: boolean;
  /** The documented authentication: `bearer` where every route requires a token. */
  readonly docsSecurity?: "bearer";
  /** Introduction of the documentation, in Markdown. */
  readonly docsDescription?: string;
  /** Paths of the front, for the documentation. */
  readonly docsPaths?: DocsPaths;
  /**
   * Matches paths exactly: without it `/metrics/` is `/metrics`, which code before Elysia that decides by path must take into account.
   * Off by default.
   */
  readonly strictPaths?: boolean;
  /** Answers where no route matches; an error is rendered as usual. Absent or `null`: the default `not_found`. */
  readonly notFound?: (request: Request, requestId: string) => CartwayError | Response | null;
  /** True only behind the gateway: log lines then take the tenant from `x-tenant-id`, which only the gateway can set. */
  readonly behindGateway?: boolean;
  /** Runs before the port opens: migrations, warm-up. */
  readonly onStart?: () => Promise<void>;
  /** Runs after the last request, to write what is still in memory. Bounded by the drain deadline as well. */
  readonly onStop?: () => Promise<void>;
  readonly now?: () => number;
}
