export interface Shared<T> {
  readonly value: T;
  /** The last release disposes of it. MUST be called once. */
  readonly release: () => void;
}

interface Entry<T> {
  readonly value: T;
  users: number;
}

/**
 * What outlives the snapshot that made it as long as the next one asks for the same: a reload that leaves a thing as it was keeps
 * the thing with all it knows.
 */
export class SharedPool<T extends { dispose(): void }> {
  readonly #entries = new Map<string, Entry<T>>();

  /** @param key the whole of what `create` depends on. */
  acquire(key: string, create: () => T): Shared<T> {
    const entry = this.#entries.get(key) ?? { value: create(), users: 0 };
    this.#entries.set(key, entry);
    entry.users += 1;
    return {
      value: entry.value,
      release: () => {
        entry.users -= 1;
        if (entry.users > 0) return;
        this.#entries.delete(key);
        entry.value.dispose();
      },
    };
  }
}
