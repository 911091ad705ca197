import { CartwayError } from "@libs/errors";
import type { Clock } from "./clock.ts";

export interface BulkheadOptions {
  /** Calls under way at once. */
  readonly concurrencyMax: number;
  /** Calls that may wait for a place; 0 by default: refuse at once. */
  readonly queueMax?: number;
  /** How long one may wait; 1 s by default. */
  readonly queueMs?: number;
  readonly clock: Clock;
}

/** Keeps one slow service from taking all there is: bounded calls under way, a bounded queue, a bounded wait. */
export interface Bulkhead {
  readonly active: number;
  readonly waiting: number;
  /** A place at once or not at all. A taken place MUST be given back with `release` once. */
  tryAcquire(): boolean;
  /** A place, in the order of asking. Rejects with `bulkhead_full`, `queue_timeout`, or the signal's reason. */
  acquire(signal?: AbortSignal): Promise<void>;
  release(): void;
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

interface Waiter {
  readonly admit: () => void;
}

export function createBulkhead(options: BulkheadOptions): Bulkhead {
  const { concurrencyMax, queueMax = 0, queueMs = 1000, clock } = options;
  const queue = new Set<Waiter>();
  let active = 0;

  function tryAcquire(): boolean {
    // Whoever waits was here first.
    if (active >= concurrencyMax || queue.size > 0) return false;
    active += 1;
    return true;
  }

  async function acquire(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (tryAcquire()) return;
    if (queue.size >= queueMax) throw new CartwayError("bulkhead_full");
    await wait(signal);
  }

  async function wait(signal: AbortSignal | undefined): Promise<void> {
    const admitted = Promise.withResolvers<"admitted">();
    const waiter: Waiter = { admit: () => admitted.resolve("admitted") };
    const timer = new AbortController();
    queue.add(waiter);
    const abort = (): void => timer.abort(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      const late = clock.sleep(queueMs, timer.signal).then(() => "late" as const);
      if ((await Promise.race([admitted.promise, late])) === "late") throw new CartwayError("queue_timeout");
    } catch (error) {
      // Not in the queue any more: it was given a place in the same turn in which it gave up.
      if (!queue.delete(waiter)) release();
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
      timer.abort();
    }
  }

  /** The place goes straight to the first that waits, so that nobody can slip in between. */
  function release(): void {
    const [next] = queue;
    if (next === undefined) {
      active -= 1;
      return;
    }
    queue.delete(next);
    next.admit();
  }

  return {
    get active() {
      return active;
    },
    get waiting() {
      return queue.size;
    },
    tryAcquire,
    acquire,
    release,
    async run(work, signal) {
      await acquire(signal);
      try {
        return await work();
      } finally {
        release();
      }
    },
  };
}
