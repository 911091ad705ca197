import type { MaybePromise } from "../model/maybe-promise.ts";

export interface Shared<T, Ended extends MaybePromise<void> = void> {
  readonly value: T;
  /** The last release closes it. Further calls do nothing. */
  readonly release: () => Ended | undefined;
}

interface Entry<T> {
  readonly value: T;
  users: number;
}

/**
 * Parts that outlive their snapshot while the next one requests the same, and that routes with equal settings share: a reload that does not
 * change a part keeps it, with its state.
 */
export class SharedPool<T, Ended extends MaybePromise<void> = void> {
  readonly #end: (value: T) => Ended;
  readonly #entries = new Map<string, Entry<T>>();

  constructor(end: (value: T) => Ended) {
    this.#end = end;
  }

  /** @param key everything that `create` depends on. Throws what `create` throws. */
  acquire(key: string, create: () => T): Shared<T, Ended> {
    const entry = this.#entries.get(key) ?? { value: create(), users: 0 };
    this.#entries.set(key, entry);
    entry.users += 1;
    let isReleased = false;
    return {
      value: entry.value,
      release: () => {
        if (isReleased) return undefined;
        isReleased = true;
        entry.users -= 1;
        if (entry.users > 0) return undefined;
        this.#entries.delete(key);
        return this.#end(entry.value);
      },
    };
  }

  all(): readonly T[] {
    return [...this.#entries.values()].map(({ value }) => value);
  }
}
