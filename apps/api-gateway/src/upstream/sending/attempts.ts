import { authorityOf } from "../../model/authority-of.ts";
import type { Decision } from "../../model/decision.ts";
import type { Exchange } from "../../model/exchange.ts";
import type { MaybePromise } from "../../model/maybe-promise.ts";
import { reservedHeaders } from "../../model/reserved-headers.ts";
import type { ServiceRequest } from "../../model/service.ts";
import {
  type Abortable,
  type CallEnding,
  type UpstreamClient,
  UpstreamFailure,
  type UpstreamResponse,
} from "../../model/upstream.ts";
import type { Balancer } from "../balancing/balancer.ts";
import { type Outcome, outcomeOf } from "../resilience/outcome.ts";
import type { ServiceMetrics } from "../service-metrics.ts";
import type { Target } from "../targets/target.ts";
import type { Admission } from "./gate.ts";
import { trackBody } from "./track-body.ts";

export interface AttemptsParts {
  readonly client: UpstreamClient;
  readonly balancer: Balancer;
  readonly metrics: ServiceMetrics;
  readonly now: () => number;
}

/** The result of one attempt. */
export interface AttemptEnd {
  readonly target: Target;
  readonly result: UpstreamResponse | UpstreamFailure;
}

/** Sends requests to admitted targets, one attempt per call, and reports the outcome to everyone concerned. */
export class Attempts {
  readonly #parts: AttemptsParts;

  constructor(parts: AttemptsParts) {
    this.#parts = parts;
  }

  /**
   * Settles the admission when the answer is complete; for a streamed answer, when the stream has ended.
   * @param conclude returns the promise's result. Only an error that it throws rejects the promise.
   */
  run<T>(
    admission: Admission,
    request: ServiceRequest,
    number: number,
    conclude: (end: AttemptEnd) => MaybePromise<T>,
  ): Promise<T> {
    return new Attempt(this.#parts, admission, request, conclude).send(number);
  }
}

class Attempt<T> implements CallEnding<T> {
  readonly #parts: AttemptsParts;
  readonly #admission: Admission;
  readonly #request: ServiceRequest;
  readonly #conclude: (end: AttemptEnd) => MaybePromise<T>;
  #watched: ((result: UpstreamResponse | UpstreamFailure) => void) | undefined;
  #sentAt = 0;

  constructor(
    parts: AttemptsParts,
    admission: Admission,
    request: ServiceRequest,
    conclude: (end: AttemptEnd) => MaybePromise<T>,
  ) {
    this.#parts = parts;
    this.#admission = admission;
    this.#request = request;
    this.#conclude = conclude;
  }

  send(number: number): Promise<T> {
    const { client, balancer, now } = this.#parts;
    const request = this.#request;
    const { upstream: target } = this.#admission.target;
    this.#address();
    this.#watched = request.watcher?.begin({ target, request, number });
    if (balancer.answered !== undefined) this.#sentAt = now();
    return client.sendFor(target, request, request.timeouts, request.abortable, this);
  }

  answered(response: UpstreamResponse): MaybePromise<T> {
    let result: AttemptEnd["result"];
    try {
      result = this.#take(response);
    } catch (thrown) {
      result = this.#lose(thrown);
    }
    return this.#conclude({ target: this.#admission.target, result });
  }

  failed(thrown: unknown): MaybePromise<T> {
    return this.#conclude({ target: this.#admission.target, result: this.#lose(thrown) });
  }

  #take(response: UpstreamResponse): UpstreamResponse {
    const { exchange, abortable } = this.#request;
    const outcome = this.#tell(response);
    this.#parts.metrics.attempted("answered");
    if (exchange !== null) noteTimings(exchange, response);
    return settleWithBody(response, this.#admission, { outcome, abortable });
  }

  #lose(thrown: unknown): UpstreamFailure {
    const failure = thrown instanceof UpstreamFailure ? thrown : brokenClient(thrown);
    const outcome = this.#tell(failure);
    this.#parts.metrics.attempted(failure.kind);
    this.#admission.settle(outcome);
    return failure;
  }

  #tell(result: UpstreamResponse | UpstreamFailure): Outcome {
    const { balancer, now } = this.#parts;
    this.#watched?.(result);
    const outcome = outcomeOf(result, this.#request.abortable);
    if (outcome !== "ignored")
      balancer.answered?.(this.#admission.target, now() - this.#sentAt, outcome !== "success");
    return outcome;
  }

  /** Sets what depends on target and time: the Host, and the remaining time. */
  #address(): void {
    const { headers, host, deadline, exchange } = this.#request;
    const { target } = this.#admission;
    headers.set("host", host ?? authorityOf(target.upstream));
    if (deadline !== Number.POSITIVE_INFINITY) {
      const leftMs = Math.max(0, Math.floor(deadline - this.#parts.now()));
      headers.set(reservedHeaders.timeoutMs, `${leftMs}`);
    }
    if (exchange === null) return;
    exchange.targetId = target.id;
    exchange.attempts += 1;
  }
}

/** For concurrent attempts: each has its own headers. */
export function forkRequest(request: ServiceRequest, abortable: Abortable): ServiceRequest {
  return { ...request, headers: request.headers.copy(), abortable };
}

function settleWithBody(
  response: UpstreamResponse,
  admission: Admission,
  { outcome, abortable }: { readonly outcome: Outcome; readonly abortable: Abortable },
): UpstreamResponse {
  const { body } = response;
  if (!(body instanceof ReadableStream)) {
    admission.settle(outcome);
    return response;
  }
  admission.settleProbes(outcome);
  const { signal } = abortable;
  // the answer of a client that has left may never be read
  signal.addEventListener("abort", () => admission.settle(outcome), { once: true });
  return {
    status: response.status,
    statusText: response.statusText,
    headers: response.headers,
    body: trackBody(body, (isBroken) =>
      admission.settle(isBroken && !signal.aborted ? "gateway-failure" : outcome),
    ),
    contentLength: response.contentLength,
    trailers: response.trailers,
    timings: response.timings,
  };
}

/** Clients reject with failures only; anything else is a bug, and must still settle the admission. */
function brokenClient(thrown: unknown): UpstreamFailure {
  return new UpstreamFailure("reset", "some", "the client failed by itself", thrown);
}

function noteTimings(exchange: Exchange, { timings }: UpstreamResponse): void {
  exchange.connectMs = timings.connectMs;
  exchange.firstByteMs = timings.firstByteMs;
}

export function describeAttempt({ target, result }: AttemptEnd, number: number, retried: boolean): Decision {
  const common = { step: "attempt", target: target.id, number, retried } as const;
  return result instanceof UpstreamFailure
    ? {
        ...common,
        outcome: "failed",
        failure: result.kind,
        reason: `${result.sent} of the request may have been sent`,
      }
    : { ...common, outcome: "answered", status: result.status, reason: "the target answered" };
}
