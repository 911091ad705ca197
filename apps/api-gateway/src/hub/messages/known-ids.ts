/** State of an id: unknown, acknowledged or under way with the same payload, or used with another payload. */
export type KnownId = "new" | "acknowledged" | "under-way" | "conflict";

/**
 * Remembers the ids of recent frames with a hash of their payloads: a repeated frame is acknowledged again without the service, and the
 * same id with another payload is a conflict. Two generations bound memory and time: ids not seen for one to two periods are forgotten, and
 * the service's own deduplication applies.
 */
export class KnownIds {
  #current = new Map<string, number>();
  #previous = new Map<string, number>();
  readonly #sizeMax: number;
  readonly #periodMs: number;
  #rotateAt = 0;

  constructor(sizeMax: number, periodMs: number) {
    this.#sizeMax = sizeMax;
    this.#periodMs = periodMs;
  }

  /** @param hash an unsigned 32-bit number; stored as `hash + 1`, negative once acknowledged. */
  check(key: string, hash: number, now: number): KnownId {
    if (this.#current.size >= this.#sizeMax || now >= this.#rotateAt) this.#rotate(now);
    const known = this.#current.get(key) ?? this.#previous.get(key);
    if (known === undefined) {
      this.#current.set(key, hash + 1);
      return "new";
    }
    if (Math.abs(known) !== hash + 1) return "conflict";
    return known < 0 ? "acknowledged" : "under-way";
  }

  acknowledge(key: string, hash: number): void {
    this.#current.set(key, -(hash + 1));
  }

  /** After a refusal the sender may correct the payload and reuse the id. */
  forget(key: string): void {
    this.#current.delete(key);
    this.#previous.delete(key);
  }

  get size(): number {
    return this.#current.size + this.#previous.size;
  }

  #rotate(now: number): void {
    this.#previous = this.#current;
    this.#current = new Map();
    this.#rotateAt = now + this.#periodMs;
  }
}
