import type { Decision } from "../model/decision.ts";
import { limitCandidates } from "./limit-candidates.ts";

/** Which of the next requests are watched. */
export interface WatchOrder {
  /** `null` for those of any route. */
  readonly route: string | null;
  readonly requests: number;
  /** After this time no further one is begun to be watched. */
  readonly durationMs: number;
}

/** A request that was watched, with all that was decided on its way. No query, no header, no body. */
export interface WatchedExchange {
  /** ISO 8601, when it ended. */
  readonly at: string;
  readonly requestId: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly route: string;
  readonly service: string | null;
  readonly status: number;
  /** Of the error that the gateway itself ended it with. */
  readonly code: string | null;
  readonly queuedMs: number;
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly decisions: readonly Decision[];
}

export interface WatchState {
  /** Requests that will still be watched. */
  readonly left: number;
  readonly exchanges: readonly WatchedExchange[];
}

const candidatesMax = 20;

/**
 * Collects the decisions of the next requests for an operator who asks for them. One watch at a time, bounded in requests and
 * time; while there is none, a request costs one comparison.
 */
export class ExchangeWatch {
  readonly #monotonicNow: () => number;
  #route: string | null = null;
  #left = 0;
  #until = 0;
  #exchanges: WatchedExchange[] = [];
  readonly #opened = new WeakSet<readonly Decision[]>();

  constructor(monotonicNow: () => number) {
    this.#monotonicNow = monotonicNow;
  }

  /** Forgets what was collected before. */
  begin({ route, requests, durationMs }: WatchOrder): void {
    this.#route = route;
    this.#left = requests;
    this.#until = this.#monotonicNow() + durationMs;
    this.#exchanges = [];
  }

  /** Where a request's decisions go; `null` where nobody watches it. */
  open(route: string): Decision[] | null {
    return this.#left === 0 ? null : this.#take(route);
  }

  /** Decisions that others asked for are not kept. */
  add(exchange: WatchedExchange): void {
    if (!this.#opened.has(exchange.decisions)) return;
    const decisions = exchange.decisions.map((one) => limitCandidates(one, candidatesMax));
    this.#exchanges.push({ ...exchange, decisions });
  }

  state(): WatchState {
    this.#endLate();
    return { left: this.#left, exchanges: this.#exchanges };
  }

  #take(route: string): Decision[] | null {
    this.#endLate();
    if (this.#left === 0 || (this.#route !== null && this.#route !== route)) return null;
    this.#left -= 1;
    const decisions: Decision[] = [];
    this.#opened.add(decisions);
    return decisions;
  }

  #endLate(): void {
    if (this.#monotonicNow() > this.#until) this.#left = 0;
  }
}
