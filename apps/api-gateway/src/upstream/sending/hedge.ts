import type { ServiceRequest } from "../../model/service.ts";
import { UpstreamFailure } from "../../model/upstream.ts";
import type { Balancer } from "../balancing/balancer.ts";
import type { ServiceMetrics } from "../service-metrics.ts";
import { type AttemptEnd, type Attempts, forkRequest } from "./attempts.ts";
import type { Admission, Gate } from "./gate.ts";
import { isReplaySafe } from "../is-replay-safe.ts";
import { pause } from "../pause.ts";
import type { RetryPolicy } from "./retry-policy.ts";

export interface HedgeParts {
  readonly afterMs: number;
  readonly gate: Gate;
  readonly attempts: Attempts;
  readonly retries: RetryPolicy;
  readonly balancer: Balancer;
  readonly metrics: ServiceMetrics;
  readonly now: () => number;
}

/** One of two attempts of the same request that are under way at the same time. */
interface Racer {
  readonly admission: Admission;
  readonly controller: AbortController;
  readonly end: Promise<AttemptEnd>;
}

/**
 * Sends an idempotent request to a second target when the first has not answered in time; the better answer counts and the other
 * attempt is aborted (Dean and Barroso, "The Tail at Scale", 2013). A hedge costs the budget a retry, so that a service which
 * is slow as a whole is not asked twice as much.
 */
export class Hedge {
  readonly #parts: HedgeParts;

  constructor(parts: HedgeParts) {
    this.#parts = parts;
  }

  /** Whether the request may be sent twice without having failed. */
  covers({ method, body }: ServiceRequest): boolean {
    return isReplaySafe({ method, isBodyReplayable: !(body instanceof ReadableStream) }, null);
  }

  async run(admission: Admission, request: ServiceRequest, number: number): Promise<AttemptEnd> {
    const { afterMs, metrics, now } = this.#parts;
    const startedAt = now();
    const first = this.#start(admission, request, number);
    const ended = new AbortController();
    const early = await Promise.race([first.end, pause(afterMs, ended.signal)]);
    ended.abort();
    if (early !== undefined) return early;
    const second = this.#startSecond(admission, request, number);
    if (second === null) return await first.end;
    metrics.hedged("sent");
    const winner = await this.#better(first, second);
    const loser = winner === first ? second : first;
    if (winner === second) metrics.hedged("won");
    this.#abandon(loser, now() - startedAt, request);
    const end = await winner.end;
    if (request.exchange !== null) request.exchange.targetId = end.target.id;
    return end;
  }

  #start(admission: Admission, request: ServiceRequest, number: number): Racer {
    const controller = new AbortController();
    const signal = AbortSignal.any([request.abortable.signal, controller.signal]);
    return {
      admission,
      controller,
      end: this.#parts.attempts.run(admission, forkRequest(request, signal), number),
    };
  }

  #startSecond({ target }: Admission, request: ServiceRequest, number: number): Racer | null {
    const { gate, retries } = this.#parts;
    if (request.abortable.signal.aborted) return null;
    const admission = gate.admitElsewhere(request.exchange, [target]);
    if (admission === null) return null;
    if (retries.tryHedge()) return this.#start(admission, request, number);
    admission.settle("ignored");
    return null;
  }

  /** The first good answer; where there is none, the last bad one. */
  async #better(first: Racer, second: Racer): Promise<Racer> {
    const faster = await Promise.race([first.end.then(() => first), second.end.then(() => second)]);
    if (this.#isGood(await faster.end)) return faster;
    const other = faster === first ? second : first;
    return this.#isGood(await other.end) ? other : faster;
  }

  #isGood({ result }: AttemptEnd): boolean {
    return !(result instanceof UpstreamFailure) && !this.#parts.retries.isWorthRetrying(result);
  }

  /** Its latency is at least what has passed: a balancer that goes by latency must learn of the slow one too. */
  #abandon({ admission, controller, end }: Racer, elapsedMs: number, { decisions }: ServiceRequest): void {
    const { target } = admission;
    this.#parts.balancer.answered?.(target, elapsedMs, false);
    controller.abort();
    void end.then(discardBody);
    decisions?.push({
      step: "attempt",
      target: target.id,
      number: 1,
      outcome: "failed",
      failure: "aborted",
      retried: false,
      hedge: true,
      reason: "another attempt of the same request had the better answer",
    });
  }
}

async function discardBody({ result }: AttemptEnd): Promise<void> {
  if (result instanceof UpstreamFailure || !(result.body instanceof ReadableStream)) return;
  // What the abort has broken already need not be cancelled.
  await result.body.cancel().catch(() => undefined);
}
