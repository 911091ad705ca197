import type { Decision } from "../model/exchange/decision.ts";
import { limitCandidates } from "./limit-candidates.ts";

/** Which upcoming requests to watch. */
export interface WatchOrder {
  /** `null` for any route. */
  readonly route: string | null;
  readonly requests: number;
  /** After this time no further request is watched. */
  readonly durationMs: number;
}

/** A watched request, with all decisions about it. Contains no query, header or body. */
export interface WatchedExchange {
  /** When it ended, ISO 8601. */
  readonly at: string;
  readonly requestId: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly route: string;
  readonly service: string | null;
  readonly status: number;
  /** The code of the gateway's own error, if any. */
  readonly code: string | null;
  readonly queuedMs: number;
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly decisions: readonly Decision[];
}

export interface WatchState {
  /** How many more requests will be watched. */
  readonly left: number;
  readonly exchanges: readonly WatchedExchange[];
}

const candidatesMax = 20;

/**
 * Collects the decisions of upcoming requests for an operator. One watch at a time, bounded by requests and time; without one, a request
 * costs a comparison.
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

  /** Drops what was collected before. */
  begin({ route, requests, durationMs }: WatchOrder): void {
    this.#route = route;
    this.#left = requests;
    this.#until = this.#monotonicNow() + durationMs;
    this.#exchanges = [];
  }

  /** The list to collect a request's decisions in; `null` where it is not watched. */
  open(route: string): Decision[] | null {
    return this.#left === 0 ? null : this.#take(route);
  }

  /** Ignores exchanges whose decisions were collected for someone else. */
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
