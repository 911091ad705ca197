import type { CredentialDigest } from "./credential-digest.ts";
import { RecentMap } from "./recent-map.ts";

/** Holds the digest's numbers directly: a separate digest object would be another cache miss. */
interface Entry<V> {
  readonly second: number;
  readonly third: number;
  readonly value: V;
}

/** A bounded map by credential, like `RecentMap`. It stores only digests, and treats credentials with equal digests as equal. */
export class CredentialMap<V> {
  /** Keyed by the first number of the digest; of two entries that share it, the later one is kept. */
  readonly #entries: RecentMap<Entry<V>, number>;

  /** @param capacity maximum number of entries, at least 2 */
  constructor(capacity: number) {
    this.#entries = new RecentMap(capacity);
  }

  get({ first, second, third }: CredentialDigest): V | undefined {
    const entry = this.#entries.get(first);
    return entry?.second === second && entry.third === third ? entry.value : undefined;
  }

  set({ first, second, third }: CredentialDigest, value: V): void {
    this.#entries.set(first, { second, third, value });
  }

  delete(digest: CredentialDigest): void {
    if (this.get(digest) !== undefined) this.#entries.delete(digest.first);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** An upper bound. */
  get size(): number {
    return this.#entries.size;
  }
}
