import type { ExpiredLease, Leases } from "./broker.ts";

/** Leases in process. They are lost on restart; a session is known again after its next renewal. */
export class MemoryLeases implements Leases {
  readonly #dueAt = new Map<string, number>();
  /** Returned and unsettled leases, by expiry, with the time when each is returned again. */
  readonly #taken = new Map<string, { readonly lease: ExpiredLease; retryAt: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  async renew(ids: readonly string[], leaseMs: number): Promise<void> {
    const dueAt = this.#now() + leaseMs;
    for (const id of ids) this.#dueAt.set(id, dueAt);
  }

  async takeExpired(limit: number, retryMs: number): Promise<readonly ExpiredLease[]> {
    const now = this.#now();
    const expired: ExpiredLease[] = [];
    for (const entry of this.#taken.values()) {
      if (expired.length === limit) return expired;
      if (entry.retryAt > now) continue;
      entry.retryAt = now + retryMs;
      expired.push(entry.lease);
    }
    for (const [id, dueAt] of this.#dueAt) {
      if (expired.length === limit) return expired;
      if (dueAt > now) continue;
      this.#dueAt.delete(id);
      const lease = { id, expiredAt: dueAt };
      this.#taken.set(keyOf(lease), { lease, retryAt: now + retryMs });
      expired.push(lease);
    }
    return expired;
  }

  async settle(expired: ExpiredLease): Promise<void> {
    this.#taken.delete(keyOf(expired));
  }
}

function keyOf({ id, expiredAt }: ExpiredLease): string {
  return `${expiredAt}:${id}`;
}
