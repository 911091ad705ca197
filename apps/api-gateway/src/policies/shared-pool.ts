import type { MaybePromise } from "../model/maybe-promise.ts";

export interface Shared<T> {
  readonly value: T;
  /** The last release ends it. */
  readonly release: () => Promise<void>;
}

interface Entry<T> {
  readonly value: T;
  users: number;
}

/** What policies of equal specs have in common, over routes and over snapshots: a reload that leaves a spec as it was leaves it be. */
export class SharedPool<Spec, T> {
  readonly #create: (spec: Spec) => T;
  readonly #end: (value: T) => MaybePromise<void>;
  readonly #entries = new Map<string, Entry<T>>();

  constructor(create: (spec: Spec) => T, end: (value: T) => MaybePromise<void> = () => undefined) {
    this.#create = create;
    this.#end = end;
  }

  /** Throws what creating it throws. */
  acquire(spec: Spec): Shared<T> {
    const key = JSON.stringify(spec);
    const entry = this.#entries.get(key) ?? { value: this.#create(spec), users: 0 };
    this.#entries.set(key, entry);
    entry.users += 1;
    let isReleased = false;
    return {
      value: entry.value,
      release: async () => {
        if (isReleased) return;
        isReleased = true;
        entry.users -= 1;
        if (entry.users > 0) return;
        this.#entries.delete(key);
        await this.#end(entry.value);
      },
    };
  }

  all(): readonly T[] {
    return [...this.#entries.values()].map(({ value }) => value);
  }
}
