import { CartwayClientError, type HubError } from "../wire.ts";
import type { OutboxEntry, OutboxStore } from "./outbox-store.ts";

export interface OutboxOptions {
  readonly store: OutboxStore;
  /** Bound on queued messages. */
  readonly max: number;
  /** What happens beyond it: the oldest message is dropped, or the new one is refused. */
  readonly drop: "oldest" | "newest";
  /** Messages with the same key are sent in order; those of different keys do not wait for each other. */
  readonly keyOf: (entry: OutboxEntry) => string;
  /** A message is dropped after this many retryable refusals, or this many milliseconds of them. */
  readonly giveUp: { readonly afterMs: number; readonly attempts: number };
  /** Sends if connected; otherwise false. Throws `CartwayClientError` where the message can never be sent. */
  readonly transmit: (entry: OutboxEntry) => boolean;
  readonly onChange: () => void;
  /** The message will never arrive. `isAwaited`: a promise of this page was rejected as well. */
  readonly onDrop: (entry: OutboxEntry, error: CartwayClientError, isAwaited: boolean) => void;
  readonly onError: (error: unknown) => void;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: CartwayClientError) => void;
}

const retryMs = { base: 250, max: 15_000 };
const restoreMs = 3000;
/** Bound on messages in flight. */
const flightMax = 50;
const queueFull = "The queue is full.";

/**
 * Queues messages until each is acknowledged. Messages of one key are sent in flights, the next one when all of the previous are
 * answered: a message never overtakes an earlier one of the same cart, and one that keeps failing holds up no other cart. Unanswered
 * messages are sent again after a reconnect, under the same id.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  #entries: OutboxEntry[] = [];
  /** In the order of the messages: two with the same id are answered separately. */
  readonly #waiters = new Map<string, Waiter[]>();
  /** Keys of the messages in flight, by id. */
  readonly #flying = new Map<string, string>();
  /** Retry timers of keys, and their consecutive failures. */
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #failures = new Map<string, number>();
  /** By message: the number of retryable refusals, and the monotonic time of the first. */
  readonly #refusals = new Map<string, { times: number; readonly since: number }>();
  readonly #kept = new Set<string>();
  #restored = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** How many of its messages are stored, and therefore survive the page. */
  get kept(): number {
    return this.#kept.size;
  }

  get entries(): readonly OutboxEntry[] {
    return this.#entries;
  }

  /** Loads messages of earlier pages, which go before those queued meanwhile. */
  async restore(): Promise<void> {
    const { store, onError, max } = this.#options;
    // a database that never answers must not delay the page's messages
    const late = setTimeout(() => this.#begin(), restoreMs);
    try {
      const known = new Set(this.#entries.map((entry) => entry.id));
      const left = (await store.load()).filter((entry) => !known.has(entry.id));
      this.#entries = [...left, ...this.#entries];
      for (const { id } of left) this.#kept.add(id);
      while (this.#entries.length > max) this.#dropOldest();
    } catch (error) {
      onError(error);
    }
    clearTimeout(late);
    this.#begin();
  }

  #begin(): void {
    this.#restored = true;
    this.#options.onChange();
    this.flush();
  }

  /** Resolves with the hub's ack. Rejects where the message was refused for good, or dropped. */
  add(asked: OutboxEntry): Promise<void> {
    const { max, drop } = this.#options;
    // several messages in one millisecond, and a clock that was set back, must not change the order for the next page
    const last = this.#entries.at(-1)?.queuedAt ?? 0;
    const entry = { ...asked, queuedAt: Math.max(asked.queuedAt, last + 1) };
    if (this.#entries.length >= max) {
      if (drop === "newest") return Promise.reject(dropped(queueFull));
      this.#dropOldest();
    }
    this.#entries.push(entry);
    void this.#keep(entry);
    const settled = new Promise<void>((resolve, reject) => {
      this.#waiters.set(entry.id, [...(this.#waiters.get(entry.id) ?? []), { resolve, reject }]);
    });
    // a caller that ignores the outcome must not cause an unhandled rejection
    settled.catch(() => undefined);
    this.#options.onChange();
    // messages queued in the same turn share a flight
    queueMicrotask(() => this.flush());
    return settled;
  }

  /** Sends the next flight of each key that has none in progress. */
  flush(): void {
    if (!this.#restored) return;
    const { keyOf, transmit } = this.#options;
    const busy = new Set([...this.#flying.values(), ...this.#timers.keys()]);
    for (const entry of this.#entries.slice()) {
      if (this.#flying.size >= flightMax) return;
      const key = keyOf(entry);
      if (busy.has(key)) continue;
      try {
        if (!transmit(entry)) return;
        this.#flying.set(entry.id, key);
      } catch (error) {
        this.#settle(entry, error as CartwayClientError);
      }
    }
  }

  /** The connection is lost, and with it all pending answers: everything is sent again on the next one. */
  disconnected(): void {
    this.#flying.clear();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  /** Handles the answer to one of its messages. False for an unknown id. */
  answer(id: string, error: HubError | null): boolean {
    const entry = this.#entries.find((candidate) => candidate.id === id);
    if (entry === undefined) return false;
    const key = this.#options.keyOf(entry);
    this.#flying.delete(id);
    if (error?.retryable === true && !this.#givesUp(entry)) this.#retryLater(key, error.retryAfterMs ?? 0);
    else {
      this.#failures.delete(key);
      this.#settle(entry, error === null ? null : finalOf(error));
    }
    this.flush();
    return true;
  }

  #givesUp({ id }: OutboxEntry): boolean {
    const { afterMs, attempts } = this.#options.giveUp;
    const refused = this.#refusals.get(id) ?? { times: 0, since: performance.now() };
    refused.times += 1;
    this.#refusals.set(id, refused);
    return refused.times >= attempts || performance.now() - refused.since >= afterMs;
  }

  #retryLater(key: string, atLeastMs: number): void {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const waitMs = Math.random() * Math.min(retryMs.max, retryMs.base * 2 ** failures);
    clearTimeout(this.#timers.get(key));
    const timer = setTimeout(
      () => {
        this.#timers.delete(key);
        this.flush();
      },
      Math.max(atLeastMs, waitMs),
    );
    this.#timers.set(key, timer);
  }

  #dropOldest(): void {
    const [oldest] = this.#entries;
    if (oldest !== undefined) this.#settle(oldest, dropped(queueFull));
  }

  #settle(entry: OutboxEntry, error: CartwayClientError | null): void {
    this.#entries.splice(this.#entries.indexOf(entry), 1);
    this.#flying.delete(entry.id);
    this.#refusals.delete(entry.id);
    this.#kept.delete(entry.id);
    this.#options.store.remove(entry.id).catch(this.#options.onError);
    const [waiter, ...others] = this.#waiters.get(entry.id) ?? [];
    if (others.length > 0) this.#waiters.set(entry.id, others);
    else this.#waiters.delete(entry.id);
    if (error === null) waiter?.resolve();
    else {
      waiter?.reject(error);
      this.#options.onDrop(entry, error, waiter !== undefined);
    }
    this.#options.onChange();
  }

  async #keep(entry: OutboxEntry): Promise<void> {
    try {
      await this.#options.store.put(entry);
    } catch (error) {
      return this.#options.onError(error);
    }
    // answered meanwhile: no longer stored
    if (!this.#entries.includes(entry)) return;
    this.#kept.add(entry.id);
    this.#options.onChange();
  }
}

/** The error of a message that was refused as retryable until it was given up; the hub's error is its detail. */
function finalOf(error: HubError): CartwayClientError {
  return error.retryable ? dropped(`Given up: ${error.message}`, error) : new CartwayClientError(error);
}

function dropped(message: string, details?: HubError): CartwayClientError {
  return new CartwayClientError({ code: "dropped", message, retryable: false, details });
}
