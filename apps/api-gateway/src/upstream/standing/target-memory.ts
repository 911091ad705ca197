/** How many targets that went are remembered, so that those that flap come back as what they were. */
const departedMax = 1000;

interface Present<T> {
  readonly value: T;
  users: number;
}

/** Something of each target, by its key. All who have the target share it; of targets that went, the last thousand are remembered. */
export class TargetMemory<T> {
  readonly #present = new Map<string, Present<T>>();
  readonly #departed = new Map<string, T>();

  /** MUST be given back by one `leave`. */
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

  /** Of the targets that somebody has. */
  present(): readonly T[] {
    return [...this.#present.values()].map(({ value }) => value);
  }
}
