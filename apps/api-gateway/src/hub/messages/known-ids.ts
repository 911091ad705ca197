/** What is known of an id: nothing, the same payload that was acknowledged, the same under way, or another payload. */
export type KnownId = "new" | "acknowledged" | "under-way" | "conflict";

/**
 * The ids of the last frames with a hash of their payloads: the same id with another payload is a conflict, and one that was
 * acknowledged is acknowledged again without asking the service. Two generations bound memory and time: what was not seen
 * for one to two periods is forgotten, and the service's own check of ids decides.
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

  /** @param hash a 32-bit number without sign; what is kept is `hash + 1`, negative once acknowledged. */
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

  /** After a refusal the sender may mend the payload and send it under the same id. */
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
