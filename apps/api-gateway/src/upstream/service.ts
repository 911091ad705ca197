import { CartwayError } from "@libs/errors";
import type { CandidateTarget, Decision } from "../model/decision.ts";
import type { Exchange } from "../model/exchange.ts";
import type { AcquiredTarget, Service, ServiceRequest } from "../model/service.ts";
import {
  type UpstreamClient,
  UpstreamFailure,
  type UpstreamFailureKind,
  type UpstreamResponse,
  type UpstreamTimeouts,
} from "../model/upstream.ts";
import type { Balancer } from "./balancing/balancer.ts";
import { classifyFailure } from "./classify.ts";
import { isReplaySafe } from "./is-replay-safe.ts";
import { pause } from "./pause.ts";
import type { ServiceMetrics } from "./service-metrics.ts";
import type { Target } from "./target.ts";

export interface ServiceSettings {
  readonly id: string;
  readonly timeouts: UpstreamTimeouts;
  readonly totalMs: number;
  readonly retry: RetrySettings;
  readonly inFlightMax: number;
}

interface RetrySettings {
  readonly attemptsMax: number;
  readonly on: readonly ("connect" | number)[];
  readonly backoff: { readonly baseMs: number; readonly maxMs: number };
}

export interface ServiceParts {
  readonly targets: readonly Target[];
  readonly balancer: Balancer;
  readonly client: UpstreamClient;
  readonly metrics: ServiceMetrics;
  readonly random?: () => number;
}

/** A named service: its targets, and how a request gets an answer from one of them. */
export class PooledService implements Service {
  readonly id: string;
  readonly targets: readonly Target[];
  readonly timeouts: UpstreamTimeouts;
  readonly totalMs: number;
  readonly #settings: ServiceSettings;
  readonly #parts: ServiceParts;
  readonly #random: () => number;

  constructor(settings: ServiceSettings, parts: ServiceParts) {
    this.id = settings.id;
    this.targets = parts.targets;
    this.timeouts = settings.timeouts;
    this.totalMs = settings.totalMs;
    this.#settings = settings;
    this.#parts = parts;
    this.#random = parts.random ?? Math.random;
  }

  /** Rejects with `CartwayError` only. The answer's body, where it is a stream, MUST be read or cancelled. */
  async send(request: ServiceRequest): Promise<UpstreamResponse> {
    const { retry } = this.#settings;
    const sent = { method: request.method, isBodyReplayable: !(request.body instanceof ReadableStream) };
    let previous: Target | null = null;
    for (let number = 1; ; number += 1) {
      const target = this.#pick(previous, request);
      if (request.exchange !== null) noteAttempt(request.exchange, target, number);
      const result = await this.#attempt(target, request, number);
      const failure = result instanceof UpstreamFailure ? result : null;
      const isLast =
        number >= retry.attemptsMax || !isReplaySafe(sent, failure) || !this.#isWorthRetrying(result);
      request.decisions?.push(describeAttempt(target, number, result, !isLast));
      if (isLast) {
        if (failure?.kind === "aborted" && !(failure.cause instanceof CartwayError))
          throw abortedError(request.abortable.signal);
        if (failure !== null) throw classifyFailure(failure);
        return result as UpstreamResponse;
      }
      if (!(result instanceof UpstreamFailure) && result.body instanceof ReadableStream)
        await result.body.cancel();
      this.#parts.metrics.retried();
      await this.#waitBeforeRetry(number, request.abortable.signal);
      previous = target;
    }
  }

  candidates(): CandidateTarget[] {
    return this.targets.map((target) => ({
      target: target.upstream.id,
      state: !target.healthy
        ? "unhealthy"
        : target.inFlight >= this.#settings.inFlightMax
          ? "full"
          : "available",
      weight: target.weight,
      inFlight: target.inFlight,
    }));
  }

  acquire(exchange: Exchange | null): AcquiredTarget {
    const target = this.#pick(null, { exchange, decisions: exchange?.decisions ?? null });
    if (exchange !== null) exchange.targetId = target.upstream.id;
    target.inFlight += 1;
    return { upstream: target.upstream, release: () => void (target.inFlight -= 1) };
  }

  #pick(
    previous: Target | null,
    { exchange, decisions }: Pick<ServiceRequest, "exchange" | "decisions">,
  ): Target {
    const target = this.#parts.balancer.pick(this.targets, previous, exchange);
    decisions?.push({
      step: "pick",
      service: this.id,
      target: target?.upstream.id ?? null,
      candidates: this.candidates(),
    });
    if (target === null)
      throw new CartwayError("no_target", { internal: `no target of ${this.id} is usable` });
    if (target.inFlight >= this.#settings.inFlightMax)
      throw new CartwayError("bulkhead_full", { retryAfterSeconds: 1 });
    return target;
  }

  async #attempt(
    target: Target,
    request: ServiceRequest,
    number: number,
  ): Promise<UpstreamResponse | UpstreamFailure> {
    const { metrics, client } = this.#parts;
    request.headers.set("host", request.host ?? target.upstream.id);
    const ended = request.watcher?.begin({ target: target.upstream, request, number });
    target.inFlight += 1;
    try {
      const response = await client.send(target.upstream, request, request.timeouts, request.abortable);
      metrics.attempted("answered");
      ended?.(response);
      if (request.exchange !== null) noteTimings(request.exchange, response);
      return response;
    } catch (thrown) {
      if (!(thrown instanceof UpstreamFailure)) throw thrown;
      metrics.attempted(thrown.kind);
      ended?.(thrown);
      return thrown;
    } finally {
      target.inFlight -= 1;
    }
  }

  #isWorthRetrying(result: UpstreamResponse | UpstreamFailure): boolean {
    const { on } = this.#settings.retry;
    if (!(result instanceof UpstreamFailure)) return on.includes(result.status);
    return on.includes(isConnectFailure(result.kind) ? "connect" : classifyFailure(result).status);
  }

  /** Exponential backoff with full jitter: a random wait below a ceiling that doubles. */
  async #waitBeforeRetry(attempt: number, signal: AbortSignal): Promise<void> {
    const { baseMs, maxMs } = this.#settings.retry.backoff;
    await pause(this.#random() * Math.min(maxMs, baseMs * 2 ** (attempt - 1)), signal);
    if (signal.aborted) throw abortedError(signal);
  }
}

/** No connection was made. What failed later is worth a retry where the status that it is answered with is listed. */
function isConnectFailure(kind: UpstreamFailureKind): boolean {
  return kind === "connect" || kind === "connect-timeout" || kind === "tls";
}

/** The request's deadline is the gateway's own limit on the service; otherwise it is the client who left. */
function abortedError({ reason }: AbortSignal): CartwayError {
  const isLate = reason instanceof DOMException && reason.name === "TimeoutError";
  return isLate
    ? new CartwayError("upstream_timeout", { internal: "the request's deadline passed" })
    : new CartwayError("request_timeout", { internal: "the client left" });
}

function noteAttempt(exchange: Exchange, target: Target, number: number): void {
  exchange.targetId = target.upstream.id;
  exchange.attempts = number;
}

function noteTimings(exchange: Exchange, { timings }: UpstreamResponse): void {
  exchange.connectMs = timings.connectMs;
  exchange.firstByteMs = timings.firstByteMs;
}

function describeAttempt(
  target: Target,
  number: number,
  result: UpstreamResponse | UpstreamFailure,
  retried: boolean,
): Decision {
  const common = { step: "attempt", target: target.upstream.id, number, retried } as const;
  return result instanceof UpstreamFailure
    ? {
        ...common,
        outcome: "failed",
        failure: result.kind,
        reason: `${result.sent} of the request may have been sent`,
      }
    : { ...common, outcome: "answered", status: result.status, reason: "the target answered" };
}
