import type { Exchange } from "../model/exchange.ts";
import type { Policy } from "../model/policy.ts";
import type { UpstreamTimeouts } from "../model/upstream.ts";
import type { RouteMatch } from "../routing/route-match.ts";
import type { Service } from "../model/service.ts";
import type { RouteMetrics } from "../telemetry/route-metrics.ts";

/** A route of the config, ready to run: a request reads no config, builds no closure, compiles no pattern. */
export interface CompiledRoute {
  readonly id: string;
  readonly match: RouteMatch;
  readonly service: Service | null;
  /** In the order of their phases. */
  readonly requestHooks: readonly RequestHook[];
  /** In reverse. */
  readonly responseHooks: readonly ResponseHook[];
  /** Answers preflights: an OPTIONS is then matched by the method that it asks about. */
  readonly hasCors: boolean;
  readonly rewritePath: PathRewrite;
  readonly preservesHost: boolean;
  readonly bodyBytesMax: number;
  readonly timeouts: UpstreamTimeouts;
  /** 0 where there is no end. */
  readonly totalMs: number;
  readonly metrics: RouteMetrics;
  readonly policies: readonly Policy[];
}

export type RequestHook = (exchange: Exchange) => Response | undefined | Promise<Response | undefined>;
export type ResponseHook = (exchange: Exchange) => void | Promise<void>;

/** The path that the service gets, from the normalised path of the request and its parameters. */
export type PathRewrite = (path: string, params: Readonly<Record<string, string>>) => string;
