import { setNewest } from "../../model/set-newest.ts";

/** Removed targets that are remembered, so that a flapping target keeps its state. */
const removedMax = 1000;

interface Used<T> {
  readonly value: T;
  users: number;
}

/** A value per target key, shared by all users of the target; values of the last thousand removed targets are kept. */
export class TargetMemory<T> {
  readonly #inUse = new Map<string, Used<T>>();
  readonly #removed = new Map<string, T>();

  /** Each call MUST be matched by one `leave`. */
  enter(key: string, create: () => T): T {
    const used = this.#inUse.get(key) ?? { value: this.#removed.get(key) ?? create(), users: 0 };
    this.#removed.delete(key);
    this.#inUse.set(key, used);
    used.users += 1;
    return used.value;
  }

  leave(key: string): void {
    const used = this.#inUse.get(key);
    if (used === undefined) return;
    used.users -= 1;
    if (used.users > 0) return;
    this.#inUse.delete(key);
    setNewest(this.#removed, key, used.value, removedMax);
  }

  /** The values of the targets in use. */
  inUse(): readonly T[] {
    return [...this.#inUse.values()].map(({ value }) => value);
  }
}
