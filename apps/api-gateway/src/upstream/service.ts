import { CartwayError } from "@libs/errors";
import { type CircuitBreaker, pause } from "@libs/resilience";
import type { CandidateTarget } from "../model/exchange/decision.ts";
import type { AttemptEnd as AttemptWatched } from "../model/upstream/attempt-watcher.ts";
import type { Exchange } from "../model/exchange/exchange.ts";
import type {
  AcquiredTarget,
  Service,
  ServiceDescription,
  ServiceRequest,
} from "../model/upstream/service.ts";
import {
  type Abortable,
  UpstreamFailure,
  type UpstreamResponse,
  type UpstreamTarget,
  type UpstreamTimeouts,
} from "../model/upstream/upstream.ts";
import type { MaybePromise } from "../model/maybe-promise.ts";
import { describeTargets } from "./describe-targets.ts";
import { outcomeOf } from "./resilience/outcome.ts";
import type { OutlierDetector } from "./resilience/outlier-detector.ts";
import {
  type AttemptEnd,
  type AttemptHistory,
  type Attempts,
  describeAttempt,
  type Round,
} from "./sending/attempts.ts";
import { abortedError, callerError } from "./classify.ts";
import { discardAnswer } from "./sending/discard-answer.ts";
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
    const { fallback } = this.#parts;
    if (fallback === null || request.isHealthQuestion === true) return this.#answer(request, null);
    const history = { mayBeProcessed: false };
    return fallback.after(this.#answer(request, history), request, history);
  }

  firstTargets(exchange: Abortable): Promise<void> | undefined {
    return this.#parts.pool.isKnown ? undefined : this.#waitForDiscovery(exchange);
  }

  acquire(exchange: Exchange | null, tried: readonly UpstreamTarget[] = []): AcquiredTarget {
    const { pool, metrics } = this.#parts;
    const decisions = exchange?.decisions ?? null;
    const number = tried.length + 1;
    const passedOver = number === 1 ? none : pool.targets.filter(({ upstream }) => tried.includes(upstream));
    const admission = this.#admit({ exchange, decisions }, passedOver);
    const { upstream } = admission.target;
    if (number > 1) metrics.retried();
    if (exchange !== null) exchange.targetId = upstream.id;
    const watched = exchange === null ? undefined : watchConnection(exchange, upstream, number);
    return {
      upstream,
      release(result, isRetried = false) {
        watched?.(result);
        metrics.attempted(result instanceof UpstreamFailure ? result.kind : "answered");
        decisions?.push(describeAttempt({ round: { number }, admission, result }, isRetried));
        admission.settle(outcomeOf(result, exchange));
      },
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
      discovered: pool.discovered,
      inPanic: pool.inPanic,
      inFlight: gate.inFlight,
      breaker: breaker?.state.kind ?? null,
      targets: describeTargets({ pool, outliers, targetInFlightMax }),
    };
  }

  #answer(request: ServiceRequest, history: AttemptHistory | null): Promise<UpstreamResponse> {
    try {
      return this.#parts.pool.isKnown ? this.#begin(request, history) : this.#answerLate(request, history);
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }

  async #answerLate(request: ServiceRequest, history: AttemptHistory | null): Promise<UpstreamResponse> {
    await this.#waitForDiscovery(request.abortable);
    return await this.#begin(request, history);
  }

  #begin(request: ServiceRequest, history: AttemptHistory | null): Promise<UpstreamResponse> {
    this.#parts.retries?.begin();
    return this.#attempt({ request, number: 1, tried: none, history });
  }

  /** Picks a target, sends, and retries where that is safe and may help. @throws CartwayError where no target can take it. */
  #attempt(round: Round): Promise<UpstreamResponse> {
    return this.#send(round, this.#admit(round.request, round.tried));
  }

  #send(round: Round, admission: Admission): Promise<UpstreamResponse> {
    const { hedge, attempts } = this.#parts;
    const { request } = round;
    return hedge?.covers(request) === true && request.isHealthQuestion !== true
      ? hedge.run(round, admission).then(this.#conclude)
      : attempts.run(round, admission, this.#conclude);
  }

  /** A field, so that no attempt needs a closure. */
  readonly #conclude = (end: AttemptEnd): MaybePromise<UpstreamResponse> => {
    const { round, result } = end;
    const { request, number } = round;
    const delayMs = this.#parts.retries?.delayAfter(number, result, request) ?? null;
    request.decisions?.push(describeAttempt(end, delayMs !== null));
    return delayMs === null ? answerOf(result, request) : this.#retry(end, delayMs);
  };

  /** Where nobody takes the retry, what there is to answer stays: it says more than that all others are out. */
  async #retry({ round, admission, result }: AttemptEnd, delayMs: number): Promise<UpstreamResponse> {
    const { request, number, history } = round;
    const { abortable } = request;
    // an answer that is held until then must not be what fills the service
    admission.settle(outcomeOf(result, abortable));
    // awaited even without a delay: the client must be done with the failed call before it gets the next one
    await (delayMs > 0 ? pause(delayMs, abortable.signal) : undefined);
    if (abortable.signal.aborted) {
      discardAnswer(result);
      throw abortedError(abortable);
    }
    const tried = [...round.tried, admission.target];
    const next = this.#admitAgain(request, tried);
    if (next === null) return answerOf(result, request);
    discardAnswer(result);
    this.#parts.metrics.retried();
    return await this.#send({ request, number: number + 1, tried, history }, next);
  }

  /** `null` where no target can take it. */
  #admitAgain(request: ServiceRequest, tried: readonly Target[]): Admission | null {
    try {
      return this.#admit(request, tried);
    } catch (thrown) {
      if (thrown instanceof CartwayError) return null;
      throw thrown;
    }
  }

  #admit(
    { exchange, decisions }: Pick<ServiceRequest, "exchange" | "decisions">,
    tried: readonly Target[],
  ): Admission {
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
  async #waitForDiscovery(abortable: Abortable): Promise<void> {
    const { firstAnswer } = this.#parts.pool;
    await pause(this.timeouts.connectMs, AbortSignal.any([abortable.signal, firstAnswer]));
    if (abortable.signal.aborted) throw abortedError(abortable);
  }
}

function watchConnection(
  exchange: Exchange,
  target: UpstreamTarget,
  number: number,
): AttemptWatched | undefined {
  const { method, upstreamPath, upstreamHeaders, watcher } = exchange;
  const request = { method, path: upstreamPath, headers: upstreamHeaders };
  return watcher?.begin({ target, request, number });
}

function answerOf(
  result: UpstreamResponse | UpstreamFailure,
  { abortable }: ServiceRequest,
): UpstreamResponse {
  if (!(result instanceof UpstreamFailure)) return result;
  throw callerError(result, abortable);
}
