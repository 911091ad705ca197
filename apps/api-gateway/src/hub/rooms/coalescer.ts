import type { Connection } from "../connections/connection.ts";

/** What gathers texts and hands them out together. */
export interface Gathering {
  /** Hands out what it holds. */
  flush(): void;
  /** Whom it delivers to one by one. */
  others(): Iterable<Connection>;
}

/** Of texts that may be held at once; beyond it all of them go out, whatever is left of their time. */
const heldCharsMax = 262_144;

/**
 * Lets gatherings wait for at most the time that each of them allows, and then hands them out in one turn of the loop, so that a
 * connection gets what came meanwhile, of all its rooms, in one write. Holds nothing itself.
 */
export class Coalescer {
  readonly #handOut: (gatherings: readonly Gathering[]) => void;
  readonly #waiting = new Map<number, { gatherings: Gathering[]; timer: ReturnType<typeof setTimeout> }>();
  #heldChars = 0;

  /** @param handOut MUST flush each of them */
  constructor(handOut: (gatherings: readonly Gathering[]) => void) {
    this.#handOut = handOut;
  }

  /** Has the gathering flushed within the time. Once for each of its waits; its later texts are told by `grow`. */
  wait(gathering: Gathering, waitMs: number): void {
    const waiting = this.#waiting.get(waitMs);
    if (waiting !== undefined) return void waiting.gatherings.push(gathering);
    const timer = setTimeout(() => this.#timeUp(waitMs), waitMs);
    this.#waiting.set(waitMs, { gatherings: [gathering], timer });
  }

  grow(chars: number): void {
    this.#heldChars += chars;
    if (this.#heldChars > heldCharsMax) this.flush();
  }

  /** Everything at once: when too much is held, and before connections are closed in an orderly way. */
  flush(): void {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#heldChars = 0;
    for (const { timer } of all) clearTimeout(timer);
    if (all.length > 0) this.#handOut(all.flatMap(({ gatherings }) => gatherings));
  }

  #timeUp(waitMs: number): void {
    const waiting = this.#waiting.get(waitMs);
    this.#waiting.delete(waitMs);
    if (this.#waiting.size === 0) this.#heldChars = 0;
    if (waiting !== undefined) this.#handOut(waiting.gatherings);
  }
}
