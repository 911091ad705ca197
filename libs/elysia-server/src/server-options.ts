import type { CartwayError } from "@libs/errors";
import type { Answer, ConnectionLimits, IncomingRequest } from "@libs/http1";
import type { Telemetry } from "@libs/monitoring";
import type { AnyElysia } from "elysia";
import type { AppServer, AppWebSocketHandler } from "./app.ts";
import type { CorsOptions } from "./http/cors.ts";
import type { DirectRoute } from "./http/direct-routes.ts";
import type { ServedRequest } from "./http/request-scope.ts";
import type { DocsPaths } from "./operations/docs.ts";
import type { Store } from "./operations/readiness.ts";
import type { ServerConfig } from "./server-config.ts";

type MaybePromise<T> = T | Promise<T>;

/**
 * The app's own part of `fetch`, asked before Elysia: `null` says that the request is not its own. `undefined` says that it
 * was upgraded to a WebSocket. Request ids, CORS, spans and errors of what it takes are its own; what it throws is rendered here.
 */
export type Front = (request: IncomingRequest, server: AppServer) => MaybePromise<Answer | undefined> | null;

export interface WebSocketOptions {
  /** Bun's handlers and limits (`idleTimeout`, `maxPayloadLength`, ...) for every socket of the listener. */
  readonly handlers: AppWebSocketHandler;
  /** Open sockets of the listener; more are refused with 503 and `Retry-After`. 10,000 by default. */
  readonly maxConnections?: number;
  /** Upgrades on this path are made by the shell; an app with several paths calls `upgrade` from its front. */
  readonly path?: string;
  /**
   * How the app sends its sockets away when the listener drains: answers first, closes spread over time. Bounded by the drain
   * deadline; sockets that are left then are closed all at once.
   */
  readonly drain?: () => Promise<void>;
  /** What a socket on `path` carries as `data`; throws a `CartwayError` to refuse. */
  readonly accept?: (request: Request) => MaybePromise<unknown>;
}

export interface ElysiaServerOptions extends ServerConfig, Telemetry {
  /** The app's name, as in its package: `ingestion`. */
  readonly name: string;
  /** What else `/version` tells, as it is at the moment. Anybody may ask it. */
  readonly about?: () => Readonly<Record<string, unknown>>;
  /** Elysia plugins with the app's routes. Their order is kept. */
  readonly routes?: readonly AnyElysia[];
  /** Asked before Elysia and before the front. */
  readonly directRoutes?: readonly DirectRoute[];
  readonly front?: Front;
  /** Told of each request that Elysia or a direct route has served. MUST NOT throw. */
  readonly onServed?: (served: ServedRequest) => void;
  readonly websocket?: WebSocketOptions;
  /** Off where not given. Costs every Elysia route its hooks, and nothing in the front. */
  readonly cors?: CorsOptions;
  /** Asked by `/readyz`. */
  readonly stores?: Readonly<Record<string, Store>>;
  readonly storeTimeoutMs?: number;
  /**
   * For an app that can do its work without its stores: `/readyz` waits for them at the start alone. With one shared store every
   * instance would else be taken out of service at the same moment.
   */
  readonly staysReady?: boolean;
  /** Largest body of an Elysia route; 1 MiB by default. */
  readonly bodyBytesMax?: number;
  /** Largest body of the listener, the front's included: Bun cuts the connection there. 128 MiB by default. */
  readonly listenerBodyBytesMax?: number;
  /** Seconds without a byte before a connection is closed; 90 by default, above the 60 of a load balancer; 255 at most. */
  readonly idleTimeoutSeconds?: number;
  /** Of an app with a front or TLS, as they are at the moment; none by default. */
  readonly connectionLimits?: () => ConnectionLimits;
  /** API description at `/swagger` and `/swagger/json`; on by default. */
  readonly docs?: boolean;
  /** What that description says of who may call: `bearer` where every route wants a token. */
  readonly docsSecurity?: "bearer";
  /** What its reader must know before the first call, in Markdown. */
  readonly docsDescription?: string;
  /** Paths of the front for that description. */
  readonly docsPaths?: DocsPaths;
  /**
   * Serves paths as they are spelled alone: without it `/metrics/` is `/metrics`, which whoever stands before Elysia and judges by
   * paths must know. Off by default.
   */
  readonly strictPaths?: boolean;
  /** What is answered where no route takes a request; an error is rendered as all are, the plain `not_found` where absent and for `null`. */
  readonly notFound?: (request: Request, requestId: string) => CartwayError | Response | null;
  /** True behind the gateway only: the tenant of log lines is then taken from `x-tenant-id`, which the gateway alone sets. */
  readonly behindGateway?: boolean;
  /** Before the port opens: migrate, warm. */
  readonly onStart?: () => Promise<void>;
  /** After the last request has ended: write what is still in memory. Bounded by the drain deadline too. */
  readonly onStop?: () => Promise<void>;
  readonly now?: () => number;
}
