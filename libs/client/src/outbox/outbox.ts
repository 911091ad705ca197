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
  /** Sends if there is a connection; false where there is none. */
  readonly transmit: (entry: OutboxEntry) => boolean;
  readonly onChange: () => void;
  readonly onStoreError: (error: unknown) => void;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: CartwayClientError) => void;
}

const retryMs = { base: 250, max: 15_000 };

/**
 * Messages in order until each is acknowledged. They go out in flights: the next one when all of the last were answered, so
 * that a message never overtakes an earlier one of the same shopper. What was not answered goes out again after a reconnect,
 * under the same id.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  #entries: OutboxEntry[] = [];
  readonly #waiters = new Map<string, Waiter>();
  readonly #flying = new Set<string>();
  readonly #kept = new Set<string>();
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
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
    try {
      const known = new Set(this.#entries.map((entry) => entry.id));
      const left = (await store.load()).filter((entry) => !known.has(entry.id));
      this.#entries = [...left, ...this.#entries];
      for (const { id } of left) this.#kept.add(id);
      while (this.#entries.length > max) this.#dropOldest();
    } catch (error) {
      onStoreError(error);
    }
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
    const settled = new Promise<void>((resolve, reject) => this.#waiters.set(entry.id, { resolve, reject }));
    // a page that does not care for the outcome must not see it as an unhandled rejection
    settled.catch(() => undefined);
    this.#options.onChange();
    // what the page queues in one go flies together
    queueMicrotask(() => this.flush());
    return settled;
  }

  /** Sends the next flight where none is under way. */
  flush(): void {
    if (!this.#restored || this.#flying.size > 0 || this.#retryTimer !== undefined) return;
    for (const entry of this.#entries.slice(0, this.#options.flightMax)) {
      if (!this.#options.transmit(entry)) return;
      this.#flying.add(entry.id);
    }
  }

  /** The connection is gone, and with it every answer that had not come: all goes again on the next one. */
  disconnected(): void {
    this.#flying.clear();
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
  }

  /** Takes the answer to one of its messages. False where the id is none of them. */
  answer(id: string, error: HubError | null): boolean {
    const entry = this.#entries.find((candidate) => candidate.id === id);
    if (entry === undefined) return false;
    this.#flying.delete(id);
    if (error?.retryable === true) {
      this.#retryLater(error.retryAfterMs ?? 0);
      return true;
    }
    this.#failures = 0;
    this.#settle(entry, error === null ? null : new CartwayClientError(error));
    this.flush();
    return true;
  }

  #retryLater(atLeastMs: number): void {
    this.#failures += 1;
    const waitMs = Math.random() * Math.min(retryMs.max, retryMs.base * 2 ** this.#failures);
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(
      () => {
        this.#retryTimer = undefined;
        this.flush();
      },
      Math.max(atLeastMs, waitMs),
    );
  }

  #dropOldest(): void {
    const [oldest] = this.#entries;
    if (oldest !== undefined) this.#settle(oldest, dropped("Newer messages took its place in the queue."));
  }

  #settle(entry: OutboxEntry, error: CartwayClientError | null): void {
    this.#entries.splice(this.#entries.indexOf(entry), 1);
    this.#flying.delete(entry.id);
    this.#kept.delete(entry.id);
    this.#options.store.remove(entry.id).catch(this.#options.onStoreError);
    const waiter = this.#waiters.get(entry.id);
    this.#waiters.delete(entry.id);
    if (error === null) waiter?.resolve();
    else waiter?.reject(error);
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

function dropped(message: string): CartwayClientError {
  return new CartwayClientError({ code: "dropped", message, retryable: false });
}
