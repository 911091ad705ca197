import { CartwayError } from "@libs/errors";
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

/** What a service is made of. `null` stands for what the config does not ask for, and costs nothing. */
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

/** A named service: its targets, and how a request gets an answer from one of them. */
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

  /** Rejects with `CartwayError` only. The answer's body, where it is a stream, MUST be read or cancelled. */
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

  /** Pick, send, and once more where that is safe and may help. */
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
        // As `attempts.run`, without a promise of its own: nearly every request passes here once.
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
      if (!(result instanceof UpstreamFailure) && result.body instanceof ReadableStream)
        await result.body.cancel();
      const { abortable } = request;
      if (delayMs > 0) await pause(delayMs, abortable.signal);
      if (abortable.signal.aborted) throw abortedError(abortable);
      tried = [...tried, target];
    }
  }

  #admit({ exchange, decisions }: ServiceRequest, tried: readonly Target[]): Admission {
    const { gate } = this.#parts;
    if (decisions === null) return gate.admit(exchange, tried);
    // As it was before this request took its place.
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

  /** A service that was just made waits for its first targets as long as it would for a connection. */
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

/** The request's deadline is the gateway's own limit on the service; otherwise it is the client who left. */
function abortedError(abortable: Abortable): CartwayError {
  return isDeadline(abortable)
    ? new CartwayError("upstream_timeout", { internal: "the request's deadline passed" })
    : new CartwayError("request_timeout", { internal: "the client left" });
}
