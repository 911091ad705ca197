/** State of an id: unknown, acknowledged or under way with the same payload, or used with another payload. */
export type KnownId = "new" | "acknowledged" | "under-way" | "conflict";

/**
 * Remembers the ids of recent frames with a hash of their payloads: a repeated frame is acknowledged again without the service, and the
 * same id with another payload is a conflict. Two generations bound memory and time: ids not seen for one to two periods are forgotten, and
 * the service's own deduplication applies.
 */
export class KnownIds {
  #young = new Map<string, number>();
  #old = new Map<string, number>();
  readonly #sizeMax: number;
  readonly #periodMs: number;
  #turnAt = 0;

  constructor(sizeMax: number, periodMs: number) {
    this.#sizeMax = sizeMax;
    this.#periodMs = periodMs;
  }

  /** @param hash an unsigned 32-bit number; stored as `hash + 1`, negative once acknowledged. */
  look(key: string, hash: number, now: number): KnownId {
    if (this.#young.size >= this.#sizeMax || now >= this.#turnAt) this.#turn(now);
    const known = this.#young.get(key) ?? this.#old.get(key);
    if (known === undefined) {
      this.#young.set(key, hash + 1);
      return "new";
    }
    if (Math.abs(known) !== hash + 1) return "conflict";
    return known < 0 ? "acknowledged" : "under-way";
  }

  acknowledge(key: string, hash: number): void {
    this.#young.set(key, -(hash + 1));
  }

  /** After a refusal the sender may correct the payload and reuse the id. */
  forget(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  #turn(now: number): void {
    this.#old = this.#young;
    this.#young = new Map();
    this.#turnAt = now + this.#periodMs;
  }
}
