import type { MaybePromise } from "../model/maybe-promise.ts";

export interface Shared<T, Ended extends MaybePromise<void> = void> {
  readonly value: T;
  /** The last release ends it. Calls after the first do nothing. */
  readonly release: () => Ended | undefined;
}

interface Entry<T> {
  readonly value: T;
  users: number;
}

/**
 * What outlives the snapshot that made it as long as the next one asks for the same, and what routes of equal settings have in
 * common: a reload that leaves a thing as it was keeps the thing with all it knows.
 */
export class SharedPool<T, Ended extends MaybePromise<void> = void> {
  readonly #end: (value: T) => Ended;
  readonly #entries = new Map<string, Entry<T>>();

  constructor(end: (value: T) => Ended) {
    this.#end = end;
  }

  /** @param key the whole of what `create` depends on. Throws what `create` throws. */
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
