import type { Counter, Labelled, Metrics } from "@libs/monitoring";

/** The timeout's resolution. */
const sweepEveryMs = 250;

export interface SlowReadersParts {
  readonly metrics: Metrics;
  /** Returns the configured time for which a client may read nothing of what is available. */
  readonly timeoutMs: () => number;
}

/**
 * Streamed answers, each at the pace of its client. One whose client reads nothing for too long is aborted: it occupies a connection to
 * its service, and buffers along the way.
 */
export class SlowReaders {
  readonly #timeoutMs: () => number;
  readonly #aborted: Labelled<"route", Counter>;
  readonly #open = new Set<Reading>();
  #timer: NodeJS.Timeout | null = null;

  constructor({ metrics, timeoutMs }: SlowReadersParts) {
    this.#timeoutMs = timeoutMs;
    this.#aborted = metrics.counter({
      name: "cartway_gateway_slow_readers_total",
      help: "Streamed answers that were cut because their client took nothing of them for too long.",
      labels: ["route"],
    });
  }

  /** @param abort called at most once, and never after `close`. */
  open(route: string, abort: () => void): Reading {
    const reading = new Reading(route, abort);
    this.#open.add(reading);
    this.#timer ??= this.#start();
    return reading;
  }

  close(reading: Reading): void {
    this.#open.delete(reading);
  }

  #start(): NodeJS.Timeout {
    const timer = setInterval(() => this.#sweep(performance.now() - this.#timeoutMs()), sweepEveryMs);
    timer.unref();
    return timer;
  }

  /** Runs while answers are open. */
  #sweep(before: number): void {
    for (const reading of this.#open) {
      if (reading.offeredAt > before) continue;
      this.#open.delete(reading);
      this.#aborted.with({ route: reading.route }).inc();
      reading.abort();
    }
    if (this.#open.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }
}

/** A client that is being sent a stream. */
export class Reading {
  readonly route: string;
  readonly abort: () => void;
  /** The `performance.now()` when unread data was last made available; infinite while waiting for the service. */
  offeredAt = Number.POSITIVE_INFINITY;

  constructor(route: string, abort: () => void) {
    this.route = route;
    this.abort = abort;
  }

  /** Data became available to the client. */
  offered(): void {
    this.offeredAt = performance.now();
  }

  /** The client has read everything available. */
  taken(): void {
    this.offeredAt = Number.POSITIVE_INFINITY;
  }
}
