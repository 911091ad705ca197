import { CartwayError } from "@libs/errors";
import { discard } from "@libs/http1";
import { type CircuitBreaker, pause } from "@libs/resilience";
import type { CandidateTarget } from "../model/decision.ts";
import type { Exchange } from "../model/exchange.ts";
import type { AcquiredTarget, Service, ServiceDescription, ServiceRequest } from "../model/service.ts";
import {
  type Abortable,
  UpstreamFailure,
  type UpstreamResponse,
  type UpstreamTarget,
  type UpstreamTimeouts,
} from "../model/upstream.ts";
import { describeTargets } from "./describe-targets.ts";
import type { OutlierDetector } from "./resilience/outlier-detector.ts";
import { isDeadline } from "./resilience/outcome.ts";
import { type AttemptEnd, type Attempts, describeAttempt } from "./sending/attempts.ts";
import { classifyFailure } from "./classify.ts";
import type { Fallback } from "./sending/fallback.ts";
import type { Admission, Gate } from "./sending/gate.ts";
import type { Hedge } from "./sending/hedge.ts";
import type { RetryPolicy } from "./sending/retry-policy.ts";
import type { ServiceMetrics } from "./service-metrics.ts";
import type { Target } from "./targets/target.ts";
import type { TargetPool } from "./targets/target-pool.ts";

export interface ServiceSettings {
  readonly id: string;
  readonly timeouts: UpstreamTimeouts;
  readonly totalMs: number;
  readonly targetInFlightMax: number;
  readonly balancerType: string;
  readonly discoveryType: string;
}

/** The parts of a service; `null` for those that the config does not name. */
export interface ServiceParts {
  readonly pool: TargetPool;
  readonly gate: Gate;
  readonly attempts: Attempts;
  readonly metrics: ServiceMetrics;
  readonly breaker: CircuitBreaker | null;
  readonly outliers: OutlierDetector | null;
  readonly retries: RetryPolicy | null;
  readonly hedge: Hedge | null;
  readonly fallback: Fallback | null;
}

const none: readonly Target[] = [];
const releaseOutcomes = { answered: "success", failed: "gateway-failure", abandoned: "ignored" } as const;

/** A named service: its targets, and how a request is sent to one of them. */
export class PooledService implements Service {
  readonly id: string;
  readonly timeouts: UpstreamTimeouts;
  readonly totalMs: number;
  readonly #settings: ServiceSettings;
  readonly #parts: ServiceParts;

  constructor(settings: ServiceSettings, parts: ServiceParts) {
    this.id = settings.id;
    this.timeouts = settings.timeouts;
    this.totalMs = settings.totalMs;
    this.#settings = settings;
    this.#parts = parts;
  }

  /** Rejects with `CartwayError` only. A streamed answer body MUST be read or cancelled. */
  send(request: ServiceRequest): Promise<UpstreamResponse> {
    const answer = this.#answer(request);
    const { fallback } = this.#parts;
    return fallback === null ? answer : fallback.after(answer, request);
  }

  acquire(exchange: Exchange | null, tried: readonly UpstreamTarget[] = []): AcquiredTarget {
    const { gate, pool } = this.#parts;
    const passedOver =
      tried.length === 0 ? none : pool.targets.filter(({ upstream }) => tried.includes(upstream));
    const admission = gate.admit(exchange, passedOver);
    const { upstream } = admission.target;
    if (exchange !== null) exchange.targetId = upstream.id;
    return {
      upstream,
      release: (outcome) => admission.settle(releaseOutcomes[outcome]),
    };
  }

  candidates(): readonly CandidateTarget[] {
    return this.describe().targets;
  }

  describe(): ServiceDescription {
    const { pool, gate, breaker, outliers } = this.#parts;
    const { balancerType, discoveryType, targetInFlightMax } = this.#settings;
    return {
      id: this.id,
      balancer: balancerType,
      discovery: discoveryType,
      isDiscovered: pool.isKnown,
      inPanic: pool.inPanic,
      inFlight: gate.inFlight,
      breaker: breaker?.state.kind ?? null,
      targets: describeTargets({ pool, outliers, targetInFlightMax }),
    };
  }

  /** Picks a target, sends, and retries where that is safe and may help. */
  async #answer(request: ServiceRequest): Promise<UpstreamResponse> {
    const { pool, retries, metrics, hedge, attempts } = this.#parts;
    if (!pool.isKnown) await this.#waitForDiscovery(request);
    retries?.begin();
    let tried = none;
    for (let number = 1; ; number += 1) {
      const admission = this.#admit(request, tried);
      let end: AttemptEnd;
      if (hedge?.covers(request) === true) end = await hedge.run(admission, request, number);
      else {
        // `attempts.run` inlined, to save a promise: nearly every request takes this path exactly once
        const attempt = attempts.begin(admission, request, number);
        try {
          end = attempt.answered(await attempt.sending);
        } catch (thrown) {
          end = attempt.failed(thrown);
        }
      }
      const { target, result } = end;
      const delayMs = retries?.delayAfter(number, result, request) ?? null;
      request.decisions?.push(describeAttempt(end, number, delayMs !== null));
      if (delayMs === null) return conclude(result, request);
      metrics.retried();
      if (!(result instanceof UpstreamFailure)) discard(result);
      const { abortable } = request;
      if (delayMs > 0) await pause(delayMs, abortable.signal);
      if (abortable.signal.aborted) throw abortedError(abortable);
      tried = [...tried, target];
    }
  }

  #admit({ exchange, decisions }: ServiceRequest, tried: readonly Target[]): Admission {
    const { gate } = this.#parts;
    if (decisions === null) return gate.admit(exchange, tried);
    // taken before this request counts as in flight
    const candidates = this.candidates();
    try {
      const admission = gate.admit(exchange, tried);
      decisions.push({ step: "pick", service: this.id, target: admission.target.id, candidates });
      return admission;
    } catch (thrown) {
      decisions.push({ step: "pick", service: this.id, target: null, candidates });
      if (thrown instanceof CartwayError)
        decisions.push({
          step: "refuse",
          service: this.id,
          code: thrown.code,
          reason: thrown.internal ?? thrown.message,
        });
      throw thrown;
    }
  }

  /** Waits for a new service's first targets, as long as it would for a connection. */
  async #waitForDiscovery({ abortable }: ServiceRequest): Promise<void> {
    const answered = new AbortController();
    const waited = AbortSignal.any([abortable.signal, answered.signal]);
    await Promise.race([this.#parts.pool.firstAnswer, pause(this.timeouts.connectMs, waited)]);
    answered.abort();
    if (abortable.signal.aborted) throw abortedError(abortable);
  }
}

function conclude(
  result: UpstreamResponse | UpstreamFailure,
  { abortable }: ServiceRequest,
): UpstreamResponse {
  if (!(result instanceof UpstreamFailure)) return result;
  const isAborted = result.kind === "aborted" && !(result.cause instanceof CartwayError);
  throw isAborted ? abortedError(abortable) : classifyFailure(result);
}

/** Tells the gateway's own deadline for the service from a client that has left. */
function abortedError(abortable: Abortable): CartwayError {
  return isDeadline(abortable)
    ? new CartwayError("upstream_timeout", { internal: "the request's deadline passed" })
    : new CartwayError("request_timeout", { internal: "the client left" });
}
