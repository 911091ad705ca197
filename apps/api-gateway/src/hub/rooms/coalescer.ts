import type { Connection } from "../connections/connection.ts";

/** Gathers texts and sends them together. */
export interface Gathering {
  /** Sends the waiting texts. */
  flush(): void;
  /** Members that are delivered to individually. */
  others(): Iterable<Connection>;
}

/** Maximum of waiting characters; above it everything is sent, whatever time is left. */
const waitingCharsMax = 262_144;

/**
 * Schedules the flushes of gatherings, each within its own interval, and flushes all that are due in one turn of the event loop, so that a
 * connection gets the frames of all its rooms in one write. Holds no texts itself.
 */
export class Coalescer {
  readonly #flushAll: (gatherings: readonly Gathering[]) => void;
  readonly #waiting = new Map<number, { gatherings: Gathering[]; timer: ReturnType<typeof setTimeout> }>();
  #waitingChars = 0;

  /** @param flushAll MUST flush each of them */
  constructor(flushAll: (gatherings: readonly Gathering[]) => void) {
    this.#flushAll = flushAll;
  }

  /** Schedules a flush within the interval. Called once per wait; later texts are reported by `grow`. */
  wait(gathering: Gathering, waitMs: number): void {
    const waiting = this.#waiting.get(waitMs);
    if (waiting !== undefined) return void waiting.gatherings.push(gathering);
    const timer = setTimeout(() => this.#waitOver(waitMs), waitMs);
    this.#waiting.set(waitMs, { gatherings: [gathering], timer });
  }

  grow(chars: number): void {
    this.#waitingChars += chars;
    if (this.#waitingChars > waitingCharsMax) this.flush();
  }

  /** Flushes everything: when too much is waiting, and before connections are closed in an orderly way. */
  flush(): void {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#waitingChars = 0;
    for (const { timer } of all) clearTimeout(timer);
    if (all.length > 0) this.#flushAll(all.flatMap(({ gatherings }) => gatherings));
  }

  #waitOver(waitMs: number): void {
    const waiting = this.#waiting.get(waitMs);
    this.#waiting.delete(waitMs);
    if (this.#waiting.size === 0) this.#waitingChars = 0;
    if (waiting !== undefined) this.#flushAll(waiting.gatherings);
  }
}
