import { CartwayError, type ErrorCode } from "@libs/errors";
import type { EventLog } from "../log/event-log.ts";
import type { CartEvent } from "./cart-event.ts";
import type { Sequence } from "./events-table.ts";
import type { KnownIds } from "./known-ids.ts";
import type { StoredEvent } from "./stored-event.ts";
import type { WriterMetrics } from "./writer-metrics.ts";

/** Outcome of one event: stored now, stored before, or its id belongs to another event. */
export type WriteOutcome = "stored" | "duplicate" | "conflict";

export interface EventWriterOptions {
  /** How long the first event of a block waits for others. */
  readonly gatherMs: number;
  /**
   * Longest pause between two blocks. The writer pauses as long as its last block took. A block costs the store the same whatever
   * its size, a part with a dozen files to sync, merge and remove: a busy store gets larger blocks, not more of them.
   */
  readonly restMsMax: number;
  /** Largest block. */
  readonly blockEventsMax: number;
  readonly blockCharsMax: number;
  /** Events that may wait; more are refused with 503. */
  readonly waitingEventsMax: number;
  /** How much they may hold together. */
  readonly waitingCharsMax: number;
}

export interface EventWriterParts {
  readonly log: Pick<EventLog, "append" | "hasRoom">;
  readonly known: KnownIds;
  readonly sequence: Sequence;
  readonly metrics: WriterMetrics;
  /** Called with a block whose append failed: it may be stored anyway, if only the answer was lost. MUST NOT throw. */
  readonly onDoubtful: (events: readonly StoredEvent[]) => void;
}

interface Waiting {
  readonly events: readonly CartEvent[];
  readonly chars: number;
  readonly arrivedAt: number;
  readonly resolve: (outcomes: readonly WriteOutcome[]) => void;
  readonly reject: (error: unknown) => void;
}

const eventWriterDefaults: EventWriterOptions = {
  gatherMs: 4,
  restMsMax: 25,
  blockEventsMax: 5000,
  blockCharsMax: 16 * 1024 * 1024,
  waitingEventsMax: 50_000,
  waitingCharsMax: 128 * 1024 * 1024,
};

/** For stores where a commit is one synced write: events that arrive during one form the next, without a wait or a pause. */
export const journaledWriterOptions: Partial<EventWriterOptions> = { gatherMs: 0, restMsMax: 0 };

/**
 * Group commit: events that arrive within a few milliseconds are stored as one block, and one block is written at a time, so
 * that a busy moment makes larger blocks, not more of them. A resolved event is on disk.
 */
export class EventWriter {
  readonly #options: EventWriterOptions;
  readonly #parts: EventWriterParts;
  readonly #sequence: Sequence;
  #waiting: Waiting[] = [];
  #waitingEvents = 0;
  #waitingChars = 0;
  #running: Promise<void> | null = null;
  #closed = false;
  #restUntil = Number.NEGATIVE_INFINITY;

  constructor(parts: EventWriterParts, options: Partial<EventWriterOptions> = {}) {
    this.#parts = parts;
    this.#options = { ...eventWriterDefaults, ...options };
    this.#sequence = parts.sequence;
  }

  /** Resolves with the outcome of each once all of them are on disk. Rejects with a retryable `CartwayError` otherwise. */
  write(events: readonly CartEvent[]): Promise<readonly WriteOutcome[]> {
    if (this.#closed) return Promise.reject(new CartwayError("shutting_down", { retryAfterSeconds: 1 }));
    const chars = events.reduce((sum, event) => sum + event.contentChars, 0);
    if (!this.#hasRoom(events.length, chars)) {
      this.#parts.metrics.refused(events.length);
      return Promise.reject(new CartwayError("queue_full", { retryAfterSeconds: 1 }));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ events, chars, arrivedAt: performance.now(), resolve, reject });
      this.#waitingEvents += events.length;
      this.#waitingChars += chars;
      this.#parts.metrics.waiting(this.#waitingEvents);
      this.#running ??= this.#run();
    });
  }

  #hasRoom(events: number, chars: number): boolean {
    const { waitingEventsMax, waitingCharsMax } = this.#options;
    const isFull =
      this.#waitingEvents + events > waitingEventsMax || this.#waitingChars + chars > waitingCharsMax;
    return !isFull && this.#parts.log.hasRoom;
  }

  /** Writes waiting events, then accepts no more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#gather();
      const startedAt = performance.now();
      const block = this.#takeBlock();
      try {
        await this.#writeBlock(block);
      } catch (thrown) {
        for (const { reject } of block) reject(thrown);
      }
      const endedAt = performance.now();
      this.#restUntil = endedAt + Math.min(this.#options.restMsMax, endedAt - startedAt);
    }
    this.#running = null;
  }

  async #gather(): Promise<void> {
    const { gatherMs, blockEventsMax } = this.#options;
    if (this.#waitingEvents >= blockEventsMax) return;
    await Bun.sleep(Math.max(gatherMs, this.#restUntil - performance.now()));
  }

  /** A request is never split over blocks. */
  #takeBlock(): Waiting[] {
    const { blockEventsMax, blockCharsMax } = this.#options;
    let events = 0;
    let chars = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      const isFull = events + waiting.events.length > blockEventsMax || chars + waiting.chars > blockCharsMax;
      if (count > 0 && isFull) break;
      events += waiting.events.length;
      chars += waiting.chars;
      count += 1;
    }
    const block = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    this.#waitingEvents -= events;
    this.#waitingChars -= chars;
    this.#parts.metrics.waiting(this.#waitingEvents);
    return block;
  }

  async #writeBlock(block: readonly Waiting[]): Promise<void> {
    const startedAt = performance.now();
    this.#parts.metrics.gathered((startedAt - (block[0]?.arrivedAt ?? startedAt)) / 1000);
    await this.#parts.known.load(block.flatMap(({ events }) => events));
    const fresh = new Map<string, CartEvent>();
    const outcomes = block.map(({ events }) => events.map((event) => this.#judge(event, fresh)));
    const stored = [...fresh.values()].map((event) => ({ event, sequence: this.#sequence.next() }));
    if (stored.length > 0) {
      await this.#append(stored);
    }
    this.#parts.metrics.written(stored.length, (performance.now() - startedAt) / 1000);
    for (const [index, { resolve }] of block.entries()) {
      const results = outcomes[index] ?? [];
      for (const outcome of results) this.#parts.metrics.event(outcome);
      resolve(results);
    }
  }

  async #append(stored: readonly StoredEvent[]): Promise<void> {
    const { log, known, onDoubtful } = this.#parts;
    const events = stored.map(({ event }) => event);
    try {
      await log.append(stored);
    } catch (thrown) {
      // Their senders will send them again: the log, not memory, must then say whether they are stored.
      known.forget(events);
      onDoubtful(stored);
      throw thrown;
    }
    known.add(events);
  }

  #judge(event: CartEvent, fresh: Map<string, CartEvent>): WriteOutcome {
    const key = `${event.sessionId}\n${event.id}`;
    const inBlock = fresh.get(key);
    if (inBlock !== undefined) return inBlock.contentHash === event.contentHash ? "duplicate" : "conflict";
    switch (this.#parts.known.compare(event)) {
      case "same":
        return "duplicate";
      case "different":
        return "conflict";
      case "new":
        fresh.set(key, event);
        return "stored";
    }
  }
}

/** The error for an event whose id belongs to another one. */
export const conflictRejection: { readonly code: ErrorCode; readonly message: string } = {
  code: "conflict",
  message: "/id: another event with this id is stored already, and its content differs",
};
