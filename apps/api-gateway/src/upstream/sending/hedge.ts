import type { Decision } from "../../model/exchange/decision.ts";
import type { ServiceRequest } from "../../model/upstream/service.ts";
import { type Abortable, UpstreamFailure } from "../../model/upstream/upstream.ts";
import type { Balancer } from "../balancing/balancer.ts";
import type { ServiceMetrics } from "../service-metrics.ts";
import { type AttemptEnd, type Attempts, forkRequest, type Round } from "./attempts.ts";
import type { Admission, Gate } from "./gate.ts";
import type { RetryPolicy } from "./retry-policy.ts";
import { discardAnswer } from "./discard-answer.ts";

export interface HedgeParts {
  readonly afterMs: number;
  readonly gate: Gate;
  readonly attempts: Attempts;
  readonly retries: RetryPolicy;
  readonly balancer: Balancer;
  readonly metrics: ServiceMetrics;
  readonly now: () => number;
}

/** One of two concurrent attempts of the same request. */
interface Racer {
  readonly admission: Admission;
  readonly abortable: OwnAbortable;
  readonly startedAt: number;
  readonly end: Promise<AttemptEnd>;
}

/**
 * Sends an idempotent request to a second target when the first does not answer in time; the better answer wins, and the other attempt is
 * aborted (Dean and Barroso, "The Tail at Scale", 2013). A hedge takes a retry from the budget, so that a generally slow service does not
 * get twice the load.
 */
export class Hedge {
  readonly #parts: HedgeParts;

  constructor(parts: HedgeParts) {
    this.#parts = parts;
  }

  /** Whether the request may be sent twice without a failure. */
  covers(request: ServiceRequest): boolean {
    return this.#parts.retries.mayHedge(request);
  }

  async run(round: Round, admission: Admission): Promise<AttemptEnd> {
    const { afterMs, metrics } = this.#parts;
    const { request, number } = round;
    const first = this.#start(round, admission);
    const early = await within(afterMs, first.end);
    if (early !== null) return early;
    const second = this.#startSecond(round, admission);
    if (second === null) return await first.end;
    metrics.hedged("sent");
    const winner = await this.#winnerOf(first, second);
    if (winner === second) metrics.hedged("won");
    const loser = winner === first ? second : first;
    this.#abandon(loser);
    request.decisions?.push(describeLoser(loser, number));
    const end = await winner.end;
    if (request.exchange !== null) request.exchange.targetId = end.admission.target.id;
    if (this.#isGood(end)) return end;
    // both have failed
    return { ...end, round: { ...round, tried: [...round.tried, loser.admission.target] } };
  }

  #start(round: Round, admission: Admission): Racer {
    const { attempts, now } = this.#parts;
    const startedAt = now();
    const abortable = new OwnAbortable(round.request.abortable);
    const forked = { ...round, request: forkRequest(round.request, abortable) };
    // whoever takes it retries the request itself, not this fork of it
    const end = attempts.run(forked, admission, ({ result }) => ({ round, admission, result }));
    return { admission, abortable, startedAt, end };
  }

  /** To neither the first target nor one that the request has failed on. */
  #startSecond(round: Round, { target }: Admission): Racer | null {
    const { gate, retries } = this.#parts;
    const { request } = round;
    if (request.abortable.signal.aborted) return null;
    const admission = gate.admitElsewhere(request.exchange, [...round.tried, target]);
    if (admission === null) return null;
    if (retries.tryHedge()) return this.#start(round, admission);
    admission.settle("ignored");
    return null;
  }

  /** The first good answer; without one, the first bad one. */
  async #winnerOf(first: Racer, second: Racer): Promise<Racer> {
    const faster = await Promise.race([first.end.then(() => first), second.end.then(() => second)]);
    if (this.#isGood(await faster.end)) return faster;
    const other = faster === first ? second : first;
    return this.#isGood(await other.end) ? other : faster;
  }

  #isGood({ result }: AttemptEnd): boolean {
    return !(result instanceof UpstreamFailure) && !this.#parts.retries.isWorthRetrying(result);
  }

  /** Reports the elapsed time as a lower bound of its latency: latency-based balancers must learn of the slow target too. */
  #abandon({ admission, abortable, startedAt, end }: Racer): void {
    const { balancer, now } = this.#parts;
    balancer.answered?.(admission.target, now() - startedAt, false);
    abortable.abort();
    void end.then(({ result }) => discardAnswer(result));
  }
}

function describeLoser({ admission }: Racer, number: number): Decision {
  return {
    step: "attempt",
    target: admission.target.id,
    number,
    outcome: "failed",
    failure: "aborted",
    retried: false,
    hedge: true,
    reason: "another attempt of the same request had the better answer",
  };
}

/** Aborted with the request, or on its own. Its signal is created on first use, like the request's own. */
class OwnAbortable implements Abortable {
  readonly #request: Abortable;
  readonly #controller = new AbortController();
  #signal: AbortSignal | null = null;

  constructor(request: Abortable) {
    this.#request = request;
  }

  get signal(): AbortSignal {
    this.#signal ??= AbortSignal.any([this.#request.signal, this.#controller.signal]);
    return this.#signal;
  }

  abort(): void {
    this.#controller.abort();
  }
}

/** The promise's value if it settles in time, else `null`. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | null> {
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(late.resolve, ms, null);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
