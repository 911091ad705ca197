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

/** A route of the config, ready to run: a request reads no config, builds no closure, compiles no pattern. */
export interface CompiledRoute {
  readonly id: string;
  readonly match: RouteMatch;
  /** Whether one of the gateway's own endpoints may go before it. */
  readonly givesWay: boolean;
  readonly service: Service | null;
  /** What answers in place of a service, made of several services' answers; `null` where the route has one, or none. */
  readonly aggregate: Aggregate | null;
  /** One, and one more for each policy that encloses the rest; the outermost first. */
  readonly layers: readonly [Layer, ...Layer[]];
  /** Answers preflights: an OPTIONS is then matched by the method that it asks about. */
  readonly hasCors: boolean;
  /** Fields that no service is to see, whatever the client sends: see `Policy`. */
  readonly withheldFields: ReadonlySet<string>;
  readonly rewritePath: PathRewrite;
  readonly preservesHost: boolean;
  readonly bodyBytesMax: number;
  readonly timeouts: UpstreamTimeouts;
  /** 0 where there is no end. */
  readonly totalMs: number;
  readonly metrics: RouteMetrics;
  /** In the order in which they run. */
  readonly policies: readonly BoundPolicy[];
  /** `null` where the route tunnels no WebSockets. */
  readonly websocket: WebSocketRoute | null;
}

export interface WebSocketRoute {
  readonly settings: WebSocketSettings;
  /** Everything of the config that applies to its WebSockets: they live on while it stays the same. */
  readonly fingerprint: string;
  readonly metrics: TunnelMetrics;
}

/** A policy of the route at work. */
export interface BoundPolicy {
  readonly type: string;
  readonly phase: Phase;
  readonly policy: Policy;
  readonly tally: PolicyTally;
}

/** The hooks up to a policy that encloses the rest, or up to the service. */
export interface Layer {
  /** In the order of their phases. */
  readonly requestHooks: readonly RequestHook[];
  /** In reverse. */
  readonly responseHooks: readonly ResponseHook[];
  /** What encloses the next layer; `null` in the innermost, which sends. */
  readonly around: AroundHook | null;
}

export type AroundHook = (exchange: Exchange, next: Next) => MaybePromise<Outcome>;
export type RequestHook = (exchange: Exchange) => Response | undefined | Promise<Response | undefined>;
export type ResponseHook = (exchange: Exchange) => void | Promise<void>;

/** The path that the service gets, from the normalised path of the request and its parameters. */
export type PathRewrite = (path: string, params: Readonly<Record<string, string>>) => string;
