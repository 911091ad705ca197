/**
 * A bounded map that evicts what was not used recently: two generations, swapped when the young one is full. It keeps between half of
 * `capacity` and `capacity` entries; every operation takes one or two map operations, and eviction needs no scan.
 */
export class RecentMap<V, K extends string | number = string> {
  readonly #half: number;
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  /** @param capacity maximum number of entries, at least 2 */
  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 2)
      throw new RangeError("capacity must be an integer of 2 or more");
    this.#half = Math.floor(capacity / 2);
  }

  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: K, value: V): void {
    if (this.#young.size >= this.#half && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  delete(key: K): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  clear(): void {
    this.#young = new Map();
    this.#old = new Map();
  }

  /** An upper bound: a promoted key may be counted twice. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }
}
