import type { Counter, Labelled, Metrics } from "@libs/monitoring";

/** How late an answer may be given up. */
const sweepEveryMs = 250;

export interface SlowReadersParts {
  readonly metrics: Metrics;
  /** For how long a client may take nothing of what is there for it, as it is configured at the moment. */
  readonly timeoutMs: () => number;
}

/**
 * Answers that stream, each at the pace of its client. One whose client takes nothing for too long is given up: it holds a connection to
 * its service, and bytes in the buffers on the way, for somebody who does not want them.
 */
export class SlowReaders {
  readonly #timeoutMs: () => number;
  readonly #given: Labelled<"route", Counter>;
  readonly #open = new Set<Reading>();
  #timer: NodeJS.Timeout | null = null;

  constructor({ metrics, timeoutMs }: SlowReadersParts) {
    this.#timeoutMs = timeoutMs;
    this.#given = metrics.counter({
      name: "cartway_gateway_slow_readers_total",
      help: "Streamed answers that were cut because their client took nothing of them for too long.",
      labels: ["route"],
    });
  }

  /** @param giveUp called at most once, and never after `close`. */
  open(route: string, giveUp: () => void): Reading {
    const reading = new Reading(route, giveUp);
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

  /** Ends with the last answer. */
  #sweep(before: number): void {
    for (const reading of this.#open) {
      if (reading.offeredAt > before) continue;
      this.#open.delete(reading);
      this.#given.with({ route: reading.route }).inc();
      reading.giveUp();
    }
    if (this.#open.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }
}

/** One client that is sent a stream. */
export class Reading {
  readonly route: string;
  readonly giveUp: () => void;
  /** `performance.now()` when its client was last given what it has not asked beyond; infinite while the service is waited for. */
  offeredAt = Number.POSITIVE_INFINITY;

  constructor(route: string, giveUp: () => void) {
    this.route = route;
    this.giveUp = giveUp;
  }

  /** There is something for the client to take. */
  offered(): void {
    this.offeredAt = performance.now();
  }

  /** The client has taken all of it. */
  taken(): void {
    this.offeredAt = Number.POSITIVE_INFINITY;
  }
}
