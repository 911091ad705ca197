import type { Aggregate } from "../aggregation/aggregate.ts";
import type { Exchange, Outcome } from "../model/exchange.ts";
import type { MaybePromise } from "../model/maybe-promise.ts";
import type { Phase } from "../model/phases.ts";
import type { Next, Policy } from "../model/policy.ts";
import type { UpstreamTimeouts } from "../model/upstream.ts";
import type { RouteMatch } from "../routing/route-match.ts";
import type { Service } from "../model/service.ts";
import type { PolicyTally } from "../telemetry/policy-tallies.ts";
import type { RouteMetrics } from "../telemetry/route-metrics.ts";
import type { TunnelMetrics } from "../upstream/websocket/tunnel-metrics.ts";
import type { WebSocketSettings } from "../upstream/websocket/websocket-schema.ts";

/** A route compiled from the config: serving a request reads no config, and compiles no closure or pattern. */
export interface CompiledRoute {
  readonly id: string;
  readonly match: RouteMatch;
  /** Whether the gateway's own endpoints take precedence over it. */
  readonly givesWay: boolean;
  readonly service: Service | null;
  /** Combines several services' answers; `null` for an ordinary route. */
  readonly aggregate: Aggregate | null;
  /** One layer, plus one per enclosing policy; outermost first. */
  readonly layers: readonly [Layer, ...Layer[]];
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
}

/** A policy bound to the route. */
export interface BoundPolicy {
  readonly type: string;
  readonly phase: Phase;
  readonly policy: Policy;
  readonly tally: PolicyTally;
}

/** The hooks up to an enclosing policy, or up to the service. */
export interface Layer {
  /** In the order of their phases. */
  readonly requestHooks: readonly RequestHook[];
  /** In reverse. */
  readonly responseHooks: readonly ResponseHook[];
  /** Encloses the next layer; `null` in the innermost layer, which sends. */
  readonly around: AroundHook | null;
}

export type AroundHook = (exchange: Exchange, next: Next) => MaybePromise<Outcome>;
export type RequestHook = (exchange: Exchange) => Response | undefined | Promise<Response | undefined>;
export type ResponseHook = (exchange: Exchange) => void | Promise<void>;

/** Computes the service's path from the request's normalized path and parameters. */
export type PathRewrite = (path: string, params: Readonly<Record<string, string>>) => string;
