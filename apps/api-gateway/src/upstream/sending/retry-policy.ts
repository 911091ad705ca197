import { type Backoff, exponentialBackoff, parseRetryAfter, type RetryBudget } from "@libs/resilience";
import type { ServiceRequest } from "../../model/upstream/service.ts";
import {
  UpstreamFailure,
  type UpstreamFailureKind,
  type UpstreamResponse,
} from "../../model/upstream/upstream.ts";
import { classifyFailure } from "../classify.ts";
import { isReplaySafe } from "../is-replay-safe.ts";
import type { RetrySettings } from "./retry-schema.ts";

export interface RetryPolicyDeps {
  /** The service's, shared with whatever else sends to it. */
  readonly budget: RetryBudget;
  readonly random: () => number;
  /** `performance.now()`, for deadlines. */
  readonly now: () => number;
  /** Milliseconds since the epoch, for dates in `Retry-After`. */
  readonly epochNow: () => number;
  /** Called for each retry that the budget refused. */
  readonly overBudget: () => void;
}

/**
 * Decides whether and when a request is sent again: attempts are left, `is-replay-safe.ts` allows it, the failure is a listed one, the
 * delay ends before the deadline, and the service's budget has a retry left.
 */
export class RetryPolicy {
  readonly #settings: RetrySettings;
  readonly #deps: RetryPolicyDeps;
  readonly #backoff: Backoff;
  readonly #budget: RetryBudget;

  constructor(settings: RetrySettings, deps: RetryPolicyDeps) {
    this.#settings = settings;
    this.#deps = deps;
    this.#backoff = exponentialBackoff({ ...settings.backoff, random: deps.random });
    this.#budget = deps.budget;
  }

  /** MUST be called once per request. */
  begin(): void {
    this.#budget.deposit(this.#deps.now());
  }

  /** Whether the request may be sent twice without a failure. */
  mayHedge(request: ServiceRequest): boolean {
    return this.#isReplaySafe(request, null);
  }

  /** Takes a retry from the budget for a hedge. */
  tryHedge(): boolean {
    return this.#budget.tryWithdraw(this.#deps.now());
  }

  /** Whether another attempt may get a better answer. */
  isWorthRetrying(result: UpstreamResponse | UpstreamFailure): boolean {
    const { on } = this.#settings;
    if (!(result instanceof UpstreamFailure)) return on.includes(result.status);
    return on.includes(isConnectFailure(result.kind) ? "connect" : classifyFailure(result).status);
  }

  /**
   * Milliseconds until the next attempt; `null` for none.
   *
   * @param attempts made so far.
   */
  delayAfter(
    attempts: number,
    result: UpstreamResponse | UpstreamFailure,
    request: ServiceRequest,
  ): number | null {
    if (attempts >= this.#settings.attemptsMax || !this.isWorthRetrying(result)) return null;
    if (!this.#isReplaySafe(request, result instanceof UpstreamFailure ? result : null)) return null;
    if (request.abortable.signal.aborted) return null;
    const delayMs = this.#delay(attempts, result);
    const { now, overBudget } = this.#deps;
    if (delayMs === null || now() + delayMs >= request.deadline) return null;
    if (this.#budget.tryWithdraw(now())) return delayMs;
    overBudget();
    return null;
  }

  #isReplaySafe({ method, body, headers }: ServiceRequest, failure: UpstreamFailure | null): boolean {
    const hasIdempotencyKey = this.#settings.idempotencyKey && headers.has("idempotency-key");
    return isReplaySafe({ method, body, hasIdempotencyKey }, failure);
  }

  /** A longer delay requested by the target takes precedence; if that is too long, the current answer is returned instead. */
  #delay(attempts: number, result: UpstreamResponse | UpstreamFailure): number | null {
    const jitterMs = this.#backoff.delayMs(attempts);
    if (result instanceof UpstreamFailure) return jitterMs;
    const askedMs = parseRetryAfter(result.headers.get("retry-after"), this.#deps.epochNow());
    if (askedMs === null) return jitterMs;
    return askedMs > this.#settings.retryAfterMsMax ? null : Math.max(askedMs, jitterMs);
  }
}

/** No connection was made. Later failures are retried where the resulting status is listed. */
function isConnectFailure(kind: UpstreamFailureKind): boolean {
  return kind === "connect" || kind === "connect-timeout" || kind === "tls";
}
