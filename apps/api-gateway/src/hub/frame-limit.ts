import type { Metrics } from "@libs/monitoring";
import type { RateDecision } from "@libs/rate-limit";
import type { MaybePromise } from "../model/maybe-promise.ts";
import { compileCallerKey } from "../policies/caller-key.ts";
import { DecisionCounts, declareDecisions } from "../policies/rate-limit/decision-counts.ts";
import { compileWeight, toSpec } from "../policies/rate-limit/limit-spec.ts";
import type { LimiterPool } from "../policies/rate-limit/limiter-pool.ts";
import type { FrameLimitConfig } from "../policies/rate-limit/schema.ts";
import type { Connection } from "./connections/connection.ts";

/** The rate limit of an endpoint's frames: a route's limit, keyed by caller rather than by connection. */
export interface FrameLimit {
  /** `null` where the frame may pass. Never rejects. */
  take(connection: Connection): MaybePromise<FrameRefusal | null>;
  release(): Promise<void>;
}

export interface FrameRefusal {
  /** Over the limit, or the limiter's store cannot be reached. */
  readonly code: "rate_limited" | "store_unavailable";
  readonly waitMs: number;
}

export interface FrameLimitParts {
  readonly limiters: LimiterPool;
  readonly metrics: Metrics;
  /** Of the endpoint. */
  readonly path: string;
}

/** Frames have no headers; limits by header are refused at load. */
const request = { headers: { get: () => null } };
/** Cap for frames that could never pass; such configs are refused at load. */
const never = 60_000;

export function createFrameLimit(
  config: FrameLimitConfig,
  { limiters, metrics, path }: FrameLimitParts,
): FrameLimit {
  const place = `hub ${path}`;
  const spec = toSpec(config, place);
  const readKey = compileCallerKey(config.by);
  const weigh = compileWeight(config);
  const { dryRun } = config;
  const decisions = declareDecisions(metrics);
  const counts = new DecisionCounts({ decisions, route: place, limit: spec.name, dryRun });
  const { limiter, release } = limiters.acquire(spec);

  function settle(decision: RateDecision): FrameRefusal | null {
    counts.count(decision);
    if (decision.allowed || config.dryRun) return null;
    const code = decision.storeIsAway === true ? "store_unavailable" : "rate_limited";
    return { code, waitMs: Math.max(1, Math.ceil(Math.min(decision.retryAfterMs, never))) };
  }

  return {
    take(connection) {
      const { principal, ip } = connection;
      const tenantId = principal?.tenantId ?? null;
      const key = readKey({ principal, tenantId, clientIp: ip, routeId: path, request });
      const decision = limiter.take(key, 1, weigh(connection));
      return decision instanceof Promise ? decision.then(settle) : settle(decision);
    },
    release: async () => release(),
  };
}
