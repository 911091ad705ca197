import { CartwayError } from "@libs/errors";
import { isDeadline } from "../../model/upstream/is-deadline.ts";
import type { ConcurrencyLimit } from "./gradient-limit.ts";
import { type Waiter, WaitingLine } from "./waiting-line.ts";

export interface FairQueueOptions {
  readonly limit: ConcurrencyLimit;
  readonly waitingMax: number;
  readonly waitingPerTenantMax: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly random: () => number;
}

export interface QueueAsk extends Waiter {
  readonly waitMaxMs: number;
  /**
   * Aborted when the waiting client leaves or its request's time is over, which frees its place at once. Only read if the request has to
   * wait.
   */
  readonly signal: () => AbortSignal;
}

/** A slot among the requests in flight. */
export interface QueueSlot {
  readonly waitedMs: number;
  /** MUST be called when the work has ended; further calls do nothing. */
  readonly release: () => void;
}

interface Waiting extends Waiter {
  readonly askedAt: number;
  settle(outcome: "turn" | CartwayError): void;
}

const retryAfterSecondsMax = 60;

/** Limits concurrency; excess requests wait in a bounded, fair queue for a bounded time. */
export class FairQueue {
  readonly #options: FairQueueOptions;
  readonly #line = new WaitingLine<Waiting>();
  #inFlight = 0;
  /** Ends a second, for the estimate of when there will be room: an average that forgets over ten seconds. */
  #endsPerSec = 0;
  #endedAt: number;

  constructor(options: FairQueueOptions) {
    this.#options = options;
    this.#endedAt = options.now();
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return this.#line.size;
  }

  get limit(): number {
    return this.#options.limit.limit;
  }

  /** What `enter` would do, without doing it. */
  check({ tenant, priority }: Waiter): "pass" | "wait" | "full" | "share" {
    if (this.#hasRoom()) return "pass";
    const { waitingMax, waitingPerTenantMax } = this.#options;
    if (this.#line.waitingOf(tenant) >= waitingPerTenantMax) return "share";
    const isFull = this.#line.size >= waitingMax;
    return isFull && this.#line.yielding({ tenant, priority }) === undefined ? "full" : "wait";
  }

  /**
   * Returns a slot, at once or when its turn comes. @throws CartwayError `queue_full`, `rate_limited` (the tenant's share of the queue is
   * used up), `queue_timeout`, `request_timeout` (the client left); retryable ones state when.
   */
  enter(ask: QueueAsk): QueueSlot | Promise<QueueSlot> {
    if (this.#hasRoom()) return this.#admit(0);
    const { waitingMax, waitingPerTenantMax } = this.#options;
    if (this.#line.waitingOf(ask.tenant) >= waitingPerTenantMax)
      throw this.#refusal("rate_limited", "Too many of your requests are waiting.");
    if (this.#line.size >= waitingMax) {
      const other = this.#line.yielding(ask);
      if (other === undefined) throw this.#refusal("queue_full");
      this.#line.remove(other);
      other.settle(this.#refusal("queue_full"));
    }
    return this.#wait(ask);
  }

  /** Reports an answer, which an adaptive limit learns from. */
  sample(rttMs: number, isOverload: boolean): void {
    this.#options.limit.sample(rttMs, this.#inFlight, isOverload);
    this.#admitWaiting();
  }

  /** Seconds until there may be room, varied by a fifth so that refused clients do not return at the same time. */
  retryAfterSeconds(): number {
    const rate = Math.max(this.#endsPerSec, 0.1);
    const spread = 0.8 + 0.4 * this.#options.random();
    return Math.min(retryAfterSecondsMax, Math.max(1, ((this.#line.size + 1) / rate) * spread));
  }

  #hasRoom(): boolean {
    return this.#inFlight < this.#options.limit.limit && this.#line.size === 0;
  }

  #wait({ tenant, priority, waitMaxMs, signal: readSignal }: QueueAsk): Promise<QueueSlot> {
    const signal = readSignal();
    const askedAt = this.#options.now();
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        if (!this.#line.remove(waiting)) return;
        const isLate = isDeadline({ signal });
        waiting.settle(isLate ? this.#refusal("queue_timeout") : clientLeft());
      };
      const timer = setTimeout(() => {
        if (this.#line.remove(waiting)) waiting.settle(this.#refusal("queue_timeout"));
      }, waitMaxMs);
      const waiting: Waiting = {
        tenant,
        priority,
        askedAt,
        settle: (outcome) => {
          clearTimeout(timer);
          signal.removeEventListener("abort", leave);
          if (outcome === "turn") resolve(this.#admit(this.#options.now() - askedAt));
          else reject(outcome);
        },
      };
      this.#line.add(waiting);
      signal.addEventListener("abort", leave, { once: true });
      if (signal.aborted) leave();
    });
  }

  #admit(waitedMs: number): QueueSlot {
    this.#inFlight += 1;
    let isReleased = false;
    return {
      waitedMs,
      release: () => {
        if (isReleased) return;
        isReleased = true;
        this.#inFlight -= 1;
        this.#updateRate();
        this.#admitWaiting();
      },
    };
  }

  #admitWaiting(): void {
    while (this.#inFlight < this.#options.limit.limit) {
      const next = this.#line.next();
      if (next === undefined) return;
      next.settle("turn");
    }
  }

  #updateRate(): void {
    const now = this.#options.now();
    const elapsedMs = Math.max(now - this.#endedAt, 0.01);
    const weight = 1 - Math.exp(-elapsedMs / 10_000);
    this.#endsPerSec += weight * (1000 / elapsedMs - this.#endsPerSec);
    this.#endedAt = now;
  }

  #refusal(code: "queue_full" | "queue_timeout" | "rate_limited", message?: string): CartwayError {
    const retryAfterSeconds = this.retryAfterSeconds();
    return new CartwayError(code, { retryAfterSeconds, ...(message === undefined ? {} : { message }) });
  }
}

function clientLeft(): CartwayError {
  return new CartwayError("request_timeout", { internal: "the client left the queue" });
}
