import type { CredentialDigest } from "./credential-digest.ts";
import { RecentMap } from "./recent-map.ts";

interface Entry<V> {
  readonly digest: CredentialDigest;
  readonly value: V;
}

/** What is known of credentials, bounded as `RecentMap`. It holds none of them: two are the same where their digests are. */
export class CredentialMap<V> {
  /** By the first number; of two that share it the later one is kept. */
  readonly #entries: RecentMap<Entry<V>, number>;

  /** @param capacity entries kept at most, at least 2 */
  constructor(capacity: number) {
    this.#entries = new RecentMap(capacity);
  }

  get(digest: CredentialDigest): V | undefined {
    const entry = this.#entries.get(digest.first);
    return entry?.digest.equals(digest) === true ? entry.value : undefined;
  }

  set(digest: CredentialDigest, value: V): void {
    this.#entries.set(digest.first, { digest, value });
  }

  delete(digest: CredentialDigest): void {
    if (this.get(digest) !== undefined) this.#entries.delete(digest.first);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Upper bound. */
  get size(): number {
    return this.#entries.size;
  }
}
