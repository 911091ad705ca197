import type { ClickHouseClient } from "@libs/database";
import { CartwayError } from "@libs/errors";
import type { Logger } from "@libs/monitoring";
import { eventInsertSettings, toRow } from "../events/events-table.ts";
import type { StoredEvent } from "../events/stored-event.ts";
import type { EventLog, EventLogParts } from "./event-log.ts";
import { insertMissing } from "./insert-missing.ts";
import { Journal, type JournalPlace } from "./journal.ts";

export interface JournaledLogParts extends EventLogParts {
  readonly clickhouse: Pick<ClickHouseClient, "insertLines" | "query">;
  /** Directory of the journal's files: exclusive to this process, on a disk as durable as ClickHouse's. */
  readonly directory: string;
  readonly logger: Logger;
  /** How many acknowledged events ClickHouse does not have yet. */
  readonly onWaiting: (events: number) => void;
  /** A journal file could not be released: the next process reads it again, and finds that its events are stored. */
  readonly onFileLeft: () => void;
}

export interface JournaledLogOptions {
  /**
   * Minimum time between two inserts. An insert costs its store the same whatever its size, a dozen files to sync, merge and
   * remove, and no acknowledgement waits for it.
   */
  readonly paceMs: number;
  readonly insertEventsMax: number;
  /** Maximum number of events waiting for ClickHouse; with more, appends are refused. */
  readonly waitingEventsMax: number;
  /** Maximum length of their rows together. */
  readonly waitingCharsMax: number;
}

const journaledLogDefaults: JournaledLogOptions = {
  paceMs: 100,
  insertEventsMax: 10_000,
  waitingEventsMax: 200_000,
  waitingCharsMax: 256 * 1024 * 1024,
};

const retryMs = { first: 100, most: 5000 } as const;

interface Entry {
  readonly events: readonly StoredEvent[];
  readonly lines: string;
  readonly place: JournalPlace;
}

interface Reader {
  /** The last entry that the reader needs. */
  readonly after: Entry;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Makes events durable with one synced append to a file beside the embedded ClickHouse, which gets them in larger blocks a moment
 * later, in order. Inserts are repeated after a failure or a crash until they succeed, without events that are stored already.
 */
export class JournaledLog implements EventLog {
  readonly #parts: JournaledLogParts;
  readonly #options: JournaledLogOptions;
  #journal: Journal | null = null;
  #waiting: Entry[] = [];
  #waitingEvents = 0;
  #waitingChars = 0;
  /** Events waiting for ClickHouse, by session. */
  readonly #ahead = new Map<string, number>();
  #running: Promise<void> | null = null;
  #readers: Reader[] = [];
  /** Ends a pause. */
  #hurry: (() => void) | null = null;
  #insertedAt = Number.NEGATIVE_INFINITY;
  #isClosing = false;

  constructor(parts: JournaledLogParts, options: Partial<JournaledLogOptions> = {}) {
    this.#parts = parts;
    this.#options = { ...journaledLogDefaults, ...options };
  }

  get hasRoom(): boolean {
    const { waitingEventsMax, waitingCharsMax } = this.#options;
    return this.#waitingEvents < waitingEventsMax && this.#waitingChars < waitingCharsMax;
  }

  async open(): Promise<void> {
    const { directory, clickhouse, logger, onFileLeft } = this.#parts;
    this.#journal = await Journal.open({
      directory,
      async take(texts) {
        const lines = texts.join("\n").split("\n");
        const inserted = await insertMissing(clickhouse, lines);
        logger.info({ events: inserted }, "events of the journal were replayed into the log");
      },
      onLeft(path, reason) {
        logger.warn({ err: reason, path }, "a journal file could not be released");
        onFileLeft();
      },
    });
  }

  async append(events: readonly StoredEvent[]): Promise<void> {
    if (this.#journal === null)
      throw new CartwayError("store_unavailable", { internal: "no journal is open" });
    const lines = events.map(({ event, sequence }) => toRow(event, sequence)).join("\n");
    let place: JournalPlace;
    try {
      place = await this.#journal.append(lines);
    } catch (cause) {
      throw new CartwayError("store_unavailable", {
        cause,
        internal: "the journal of events cannot be written",
      });
    }
    const entry = { events, lines, place };
    this.#waiting.push(entry);
    this.#count(entry, 1);
    this.#running ??= this.#run();
  }

  isAhead(sessionId: string): boolean {
    return this.#ahead.has(sessionId);
  }

  readable(): Promise<void> {
    const after = this.#waiting.at(-1);
    if (after === undefined) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#readers.push({ after, resolve, reject });
      this.#hurry?.();
    });
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#hurry?.();
    await this.#running;
    await this.#journal?.close();
    this.#journal = null;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (this.#waiting.length > 0) {
      await this.#pause(failures);
      const entries = this.#next();
      try {
        await this.#insert(entries, failures > 0);
        failures = 0;
      } catch (thrown) {
        failures += 1;
        this.#parts.logger.warn(
          { err: thrown },
          "the journal's events could not be written to the log; it will be retried",
        );
        for (const { reject } of this.#readers.splice(0)) reject(thrown);
        if (this.#isClosing) break;
        continue;
      } finally {
        this.#insertedAt = performance.now();
      }
      await this.#settle(entries);
    }
    this.#running = null;
  }

  /** Whole entries, at least one; they stay queued until they are stored. */
  #next(): readonly Entry[] {
    let events = 0;
    const count = this.#waiting.findIndex((entry, index) => {
      events += entry.events.length;
      return index > 0 && events > this.#options.insertEventsMax;
    });
    return count === -1 ? [...this.#waiting] : this.#waiting.slice(0, count);
  }

  async #insert(entries: readonly Entry[], isAgain: boolean): Promise<void> {
    const { clickhouse } = this.#parts;
    const lines = entries.map((entry) => entry.lines).join("\n");
    // a failed insert may have stored its rows and lost only its answer
    if (isAgain) await insertMissing(clickhouse, lines.split("\n"));
    else await clickhouse.insertLines("events", lines, eventInsertSettings);
  }

  async #settle(entries: readonly Entry[]): Promise<void> {
    this.#waiting = this.#waiting.slice(entries.length);
    for (const entry of entries) {
      this.#count(entry, -1);
      this.#parts.onReadable(entry.events);
    }
    const done = new Set(entries);
    const readers = this.#readers;
    this.#readers = readers.filter(({ after }) => !done.has(after));
    for (const { after, resolve } of readers) if (done.has(after)) resolve();
    for (const { place } of entries) await this.#journal?.release(place);
  }

  async #pause(failures: number): Promise<void> {
    const { paceMs, insertEventsMax } = this.#options;
    const backoffMs = failures === 0 ? 0 : Math.min(retryMs.most, retryMs.first * 2 ** (failures - 1));
    const isHurried = this.#isClosing || this.#readers.length > 0 || this.#waitingEvents >= insertEventsMax;
    const pacedMs = isHurried ? 0 : this.#insertedAt + paceMs - performance.now();
    const waitMs = Math.max(backoffMs, pacedMs);
    if (waitMs <= 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, waitMs);
    if (failures === 0) this.#hurry = resolve;
    await promise;
    clearTimeout(timer);
    this.#hurry = null;
  }

  #count({ events, lines }: Entry, sign: 1 | -1): void {
    this.#waitingEvents += sign * events.length;
    this.#waitingChars += sign * lines.length;
    this.#parts.onWaiting(this.#waitingEvents);
    for (const { event } of events) {
      const left = (this.#ahead.get(event.sessionId) ?? 0) + sign;
      if (left > 0) this.#ahead.set(event.sessionId, left);
      else this.#ahead.delete(event.sessionId);
    }
  }
}
