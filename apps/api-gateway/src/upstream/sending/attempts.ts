import type { Decision } from "../../model/exchange/decision.ts";
import type { Exchange } from "../../model/exchange/exchange.ts";
import type { MaybePromise } from "../../model/maybe-promise.ts";
import { reservedHeaders } from "../../model/http/reserved-headers.ts";
import type { ServiceRequest } from "../../model/upstream/service.ts";
import {
  type Abortable,
  type UpstreamCall,
  type UpstreamClient,
  UpstreamFailure,
  type UpstreamResponse,
  type UpstreamTarget,
  type UpstreamTimeouts,
} from "../../model/upstream/upstream.ts";
import type { Balancer } from "../balancing/balancer.ts";
import { failureOf } from "../classify.ts";
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

/** One attempt of a request, with the targets that it has failed on before. */
export interface Round {
  readonly request: ServiceRequest;
  readonly number: number;
  readonly tried: readonly Target[];
  /** `null` where nobody asks for it. */
  readonly history: AttemptHistory | null;
}

/** What is known of all attempts of a request together. */
export interface AttemptHistory {
  /** Whether a target may have processed it. */
  mayBeProcessed: boolean;
}

/** The result of one attempt. */
export interface AttemptEnd {
  readonly round: Round;
  readonly admission: Admission;
  readonly result: UpstreamResponse | UpstreamFailure;
}

type Conclude<T> = (end: AttemptEnd) => MaybePromise<T>;

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
  run<T>(round: Round, admission: Admission, conclude: Conclude<T>): Promise<T> {
    return new Attempt(this.#parts, round, admission, conclude).send();
  }
}

class Attempt<T> implements UpstreamCall<T> {
  readonly round: Round;
  readonly admission: Admission;
  readonly #parts: AttemptsParts;
  readonly #conclude: Conclude<T>;
  #watched: ((result: UpstreamResponse | UpstreamFailure) => void) | undefined;
  #sentAt = 0;

  constructor(parts: AttemptsParts, round: Round, admission: Admission, conclude: Conclude<T>) {
    this.round = round;
    this.admission = admission;
    this.#parts = parts;
    this.#conclude = conclude;
  }

  get request(): ServiceRequest {
    return this.round.request;
  }

  get target(): UpstreamTarget {
    return this.admission.target.upstream;
  }

  get timeouts(): UpstreamTimeouts {
    return this.request.timeouts;
  }

  get abortable(): Abortable {
    return this.request.abortable;
  }

  send(): Promise<T> {
    const { client, balancer, now } = this.#parts;
    const { request, target } = this;
    this.#address();
    this.#watched = request.watcher?.begin({ target, request, number: this.round.number });
    if (balancer.answered !== undefined) this.#sentAt = now();
    return client.sendFor(this);
  }

  answered(response: UpstreamResponse): MaybePromise<T> {
    let result: AttemptEnd["result"];
    try {
      result = this.#take(response);
    } catch (thrown) {
      result = this.#fail(thrown);
    }
    return this.#end(result);
  }

  failed(thrown: unknown): MaybePromise<T> {
    return this.#end(this.#fail(thrown));
  }

  #end(result: AttemptEnd["result"]): MaybePromise<T> {
    const { round, admission } = this;
    const isUnsent = result instanceof UpstreamFailure && result.sent === "none";
    if (round.history !== null && !isUnsent) round.history.mayBeProcessed = true;
    return this.#conclude({ round, admission, result });
  }

  #take(response: UpstreamResponse): UpstreamResponse {
    const { exchange } = this.request;
    const outcome = this.#report(response);
    this.#parts.metrics.attempted("answered");
    if (exchange !== null) noteTimings(exchange, response);
    return settleWithBody(response, this.admission, { outcome, abortable: this.abortable });
  }

  #fail(thrown: unknown): UpstreamFailure {
    const failure = failureOf(thrown);
    const outcome = this.#report(failure);
    this.#parts.metrics.attempted(failure.kind);
    this.admission.settle(outcome);
    return failure;
  }

  #report(result: UpstreamResponse | UpstreamFailure): Outcome {
    const { balancer, now } = this.#parts;
    this.#watched?.(result);
    const outcome = this.request.isHealthQuestion === true ? "ignored" : outcomeOf(result, this.abortable);
    if (outcome !== "ignored")
      balancer.answered?.(this.admission.target, now() - this.#sentAt, outcome !== "success");
    return outcome;
  }

  /** Sets what depends on target and time: the Host, and the remaining time. */
  #address(): void {
    const { headers, host, deadline, exchange } = this.request;
    const { target } = this.admission;
    headers.set("host", host ?? target.authority);
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
  if (signal.aborted) admission.settle(outcome);
  else signal.addEventListener("abort", () => admission.settle(outcome), { once: true });
  return {
    status: response.status,
    statusText: response.statusText,
    headers: response.headers,
    body: trackBody(body, (isBroken) =>
      admission.settle(isBroken && !signal.aborted && outcome !== "ignored" ? "gateway-failure" : outcome),
    ),
    contentLength: response.contentLength,
    trailers: response.trailers,
    connectMs: response.connectMs,
    firstByteMs: response.firstByteMs,
    reused: response.reused,
  };
}

function noteTimings(exchange: Exchange, { connectMs, firstByteMs }: UpstreamResponse): void {
  exchange.connectMs = connectMs;
  exchange.firstByteMs = firstByteMs;
}

/** What a decision tells of an attempt. */
interface DescribedAttempt {
  readonly round: Pick<Round, "number">;
  readonly admission: Admission;
  readonly result: Pick<UpstreamResponse, "status"> | UpstreamFailure;
}

export function describeAttempt({ round, admission, result }: DescribedAttempt, retried: boolean): Decision {
  const { id: target } = admission.target;
  const common = { step: "attempt", target, number: round.number, retried } as const;
  return result instanceof UpstreamFailure
    ? {
        ...common,
        outcome: "failed",
        failure: result.kind,
        reason: `${result.sent} of the request may have been processed`,
      }
    : { ...common, outcome: "answered", status: result.status, reason: "the target answered" };
}
