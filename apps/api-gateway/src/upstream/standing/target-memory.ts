/** Removed targets that are remembered, so that a flapping target keeps its state. */
const departedMax = 1000;

interface Present<T> {
  readonly value: T;
  users: number;
}

/** A value per target key, shared by all users of the target; values of the last thousand removed targets are kept. */
export class TargetMemory<T> {
  readonly #present = new Map<string, Present<T>>();
  readonly #departed = new Map<string, T>();

  /** Each call MUST be matched by one `leave`. */
  enter(key: string, create: () => T): T {
    const present = this.#present.get(key) ?? { value: this.#departed.get(key) ?? create(), users: 0 };
    this.#departed.delete(key);
    this.#present.set(key, present);
    present.users += 1;
    return present.value;
  }

  leave(key: string): void {
    const present = this.#present.get(key);
    if (present === undefined) return;
    present.users -= 1;
    if (present.users > 0) return;
    this.#present.delete(key);
    this.#departed.set(key, present.value);
    const [oldest] = this.#departed.keys();
    if (this.#departed.size > departedMax && oldest !== undefined) this.#departed.delete(oldest);
  }

  /** The values of the targets in use. */
  present(): readonly T[] {
    return [...this.#present.values()].map(({ value }) => value);
  }
}
