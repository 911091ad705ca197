import type { Aggregate } from "../aggregation/aggregate.ts";
import type { UpstreamTimeouts } from "../model/upstream/upstream.ts";
import type { RouteMatch } from "../routing/route-match.ts";
import type { Service } from "../model/upstream/service.ts";
import type { RouteMetrics } from "../telemetry/route-metrics.ts";
import type { openUpstreamSocket } from "../upstream/websocket/open-upstream-socket.ts";
import type { TunnelMetrics } from "../upstream/websocket/tunnel-metrics.ts";
import type { WebSocketSettings } from "../upstream/websocket/websocket-schema.ts";
import type { BoundPolicy } from "./bound-policy.ts";

/** A route compiled from the config: serving a request reads no config, and compiles no closure or pattern. */
export interface CompiledRoute {
  readonly id: string;
  readonly match: RouteMatch;
  /** Whether the gateway's own endpoints take precedence over it. */
  readonly givesWay: boolean;
  readonly service: Service | null;
  /** Combines several services' answers; `null` for an ordinary route. */
  readonly aggregate: Aggregate | null;
  /** The outermost layer. */
  readonly layer: Layer;
  /** Answers preflights: an OPTIONS request is then matched by the method that it asks about. */
  readonly hasCors: boolean;
  /** Fields withheld from every service: see `Policy`. */
  readonly withheldFields: ReadonlySet<string>;
  readonly rewritePath: PathRewrite;
  readonly preservesHost: boolean;
  readonly bodyBytesMax: number;
  readonly timeouts: UpstreamTimeouts;
  /** 0 for no limit. */
  readonly totalMs: number;
  readonly metrics: RouteMetrics;
  /** In the order in which they run. */
  readonly policies: readonly BoundPolicy[];
  /** `null` where the route tunnels no WebSockets. */
  readonly websocket: WebSocketRoute | null;
}

export interface WebSocketRoute {
  readonly settings: WebSocketSettings;
  /** Covers everything in the config that applies to its WebSockets, which survive a reload while it is unchanged. */
  readonly fingerprint: string;
  readonly metrics: TunnelMetrics;
  /** Loaded with the route: other configs need no sockets of Node.js. */
  readonly openSocket: typeof openUpstreamSocket;
}

export type ResponseHook = Pick<BoundPolicy, "type" | "response">;

/** The policies up to an enclosing one, or up to the service. */
export interface Layer {
  /** Those with a request hook, in the order of their phases. */
  readonly requests: readonly BoundPolicy[];
  /** Those with a response hook, in reverse. */
  readonly responses: readonly ResponseHook[];
  /** The policy that encloses the next layer; `null` in the innermost layer, which sends. */
  readonly enclosing: { readonly policy: BoundPolicy; readonly inner: Layer } | null;
}

/** Computes the service's path from the request's normalized path and parameters. */
export type PathRewrite = (path: string, params: Readonly<Record<string, string>>) => string;
