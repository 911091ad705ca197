import type { Target } from "../targets/target.ts";

/**
 * A binary heap of targets by when each is due, over two arrays of equal length, so that a turn takes logarithmic time and
 * allocates nothing.
 */
export class DueHeap {
  readonly #targets: Target[];
  readonly #due: Float64Array;
  #time = 0;

  constructor(targets: readonly Target[], dueOf: (target: Target, index: number) => number) {
    const entries = targets.map((target, index) => ({ target, due: dueOf(target, index) }));
    // A sorted array is a heap.
    entries.sort((a, b) => a.due - b.due);
    this.#targets = entries.map(({ target }) => target);
    this.#due = Float64Array.from(entries, ({ due }) => due);
    this.#time = this.#due[0] ?? 0;
  }

  /** When the last turn was due. */
  get time(): number {
    return this.#time;
  }

  /** When each target is due. */
  dues(): ReadonlyMap<Target, number> {
    return new Map(this.#targets.map((target, index) => [target, this.#due[index] ?? 0]));
  }

  /** The first one due that is not excluded; it is due again 1/share later. */
  take(excluded: readonly Target[]): Target | null {
    const index = excluded.length === 0 ? 0 : this.#firstBut(excluded);
    const target = this.#targets[index];
    if (target === undefined) return null;
    const due = this.#due[index] ?? 0;
    if (due > this.#time) this.#time = due;
    this.#due[index] = due + 1 / target.share;
    this.#sink(index);
    return target;
  }

  /** Linear: used only for requests that have failed on some target before. */
  #firstBut(excluded: readonly Target[]): number {
    let best = -1;
    for (let index = 0; index < this.#targets.length; index += 1) {
      const target = this.#targets[index];
      if (target === undefined || excluded.includes(target)) continue;
      if (best < 0 || (this.#due[index] ?? 0) < (this.#due[best] ?? 0)) best = index;
    }
    return best;
  }

  #sink(from: number): void {
    const targets = this.#targets;
    const due = this.#due;
    const { length } = targets;
    const target = targets[from];
    if (target === undefined) return;
    const own = due[from] ?? 0;
    let index = from;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= length) break;
      if (child + 1 < length && (due[child + 1] ?? 0) < (due[child] ?? 0)) child += 1;
      const moved = targets[child];
      if (moved === undefined || (due[child] ?? 0) > own) break;
      targets[index] = moved;
      due[index] = due[child] ?? 0;
      index = child;
    }
    targets[index] = target;
    due[index] = own;
  }
}
