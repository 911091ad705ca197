import { CartwayClientError, type HubError } from "../wire.ts";
import type { OutboxEntry, OutboxStore } from "./outbox-store.ts";

export interface OutboxOptions {
  readonly store: OutboxStore;
  /** Messages kept at most. */
  readonly max: number;
  /** Beyond it: the oldest makes room, or the new one is refused. */
  readonly drop: "oldest" | "newest";
  /** Messages on the wire at once. */
  readonly flightMax: number;
  /** Whose order a message keeps: those of one key follow each other, those of others do not wait for them. */
  readonly keyOf: (entry: OutboxEntry) => string;
  /** A message is given up that is refused retryably for so long, in milliseconds, or so many times. */
  readonly giveUp: { readonly afterMs: number; readonly attempts: number };
  /** Sends if there is a connection; false where there is none. Throws `CartwayClientError` where it can never be sent. */
  readonly transmit: (entry: OutboxEntry) => boolean;
  readonly onChange: () => void;
  /** It will never arrive. `isAwaited`: a promise of this page has been told, too. */
  readonly onDrop: (entry: OutboxEntry, error: CartwayClientError, isAwaited: boolean) => void;
  readonly onStoreError: (error: unknown) => void;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: CartwayClientError) => void;
}

const retryMs = { base: 250, max: 15_000 };
const restoreMs = 3000;

/**
 * Messages in order until each is acknowledged. Those of a key go out in flights: the next one when all of the last were answered, so
 * that a message never overtakes an earlier one of the same cart, and one that fails again and again holds up no other cart. What
 * was not answered goes out again after a reconnect, under the same id.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  #entries: OutboxEntry[] = [];
  /** In the order of their messages: two of one id are each answered. */
  readonly #waiters = new Map<string, Waiter[]>();
  /** Keys by the ids of what is on the wire. */
  readonly #flying = new Map<string, string>();
  /** Until when a key waits, and how often it has failed since it last did not. */
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #failures = new Map<string, number>();
  /** By message: how often it was refused for now, and since when, by a clock that nobody sets. */
  readonly #refusals = new Map<string, { times: number; readonly since: number }>();
  readonly #kept = new Set<string>();
  #restored = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** How many of its messages the store holds by now: they outlive the page. */
  get kept(): number {
    return this.#kept.size;
  }

  get entries(): readonly OutboxEntry[] {
    return this.#entries;
  }

  /** What a former page left goes before what this one has queued meanwhile. */
  async restore(): Promise<void> {
    const { store, onStoreError, max } = this.#options;
    // a database that never answers must not hold up what the page sends
    const late = setTimeout(() => this.#begin(), restoreMs);
    try {
      const known = new Set(this.#entries.map((entry) => entry.id));
      const left = (await store.load()).filter((entry) => !known.has(entry.id));
      this.#entries = [...left, ...this.#entries];
      for (const { id } of left) this.#kept.add(id);
      while (this.#entries.length > max) this.#dropOldest();
    } catch (error) {
      onStoreError(error);
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
  add(entry: OutboxEntry): Promise<void> {
    const { max, drop } = this.#options;
    if (this.#entries.length >= max) {
      if (drop === "newest") return Promise.reject(dropped("The queue is full."));
      this.#dropOldest();
    }
    this.#entries.push(entry);
    void this.#keep(entry);
    const settled = new Promise<void>((resolve, reject) => {
      this.#waiters.set(entry.id, [...(this.#waiters.get(entry.id) ?? []), { resolve, reject }]);
    });
    // a page that does not care for the outcome must not see it as an unhandled rejection
    settled.catch(() => undefined);
    this.#options.onChange();
    // what the page queues in one go flies together
    queueMicrotask(() => this.flush());
    return settled;
  }

  /** Sends the next flight of each key that has none under way. */
  flush(): void {
    if (!this.#restored) return;
    const { flightMax, keyOf, transmit } = this.#options;
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

  /** The connection is gone, and with it every answer that had not come: all goes again on the next one. */
  disconnected(): void {
    this.#flying.clear();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  /** Takes the answer to one of its messages. False where the id is none of them. */
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
    if (oldest !== undefined) this.#settle(oldest, dropped("Newer messages took its place in the queue."));
  }

  #settle(entry: OutboxEntry, error: CartwayClientError | null): void {
    this.#entries.splice(this.#entries.indexOf(entry), 1);
    this.#flying.delete(entry.id);
    this.#refusals.delete(entry.id);
    this.#kept.delete(entry.id);
    this.#options.store.remove(entry.id).catch(this.#options.onStoreError);
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
      return this.#options.onStoreError(error);
    }
    // answered meanwhile, it is kept no longer
    if (!this.#entries.includes(entry)) return;
    this.#kept.add(entry.id);
    this.#options.onChange();
  }
}

/** What was given up was retryable to the last: the hub's word is its detail. */
function finalOf(error: HubError): CartwayClientError {
  return error.retryable ? dropped(`Given up: ${error.message}`, error) : new CartwayClientError(error);
}

function dropped(message: string, details?: HubError): CartwayClientError {
  return new CartwayClientError({ code: "dropped", message, retryable: false, details });
}
