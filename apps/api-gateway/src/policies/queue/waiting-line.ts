/** A waiting request. The object itself is its place in the queue. */
export interface Waiter {
  /** 0 to 9; the higher one goes first. */
  readonly priority: number;
  /** The tenant: within a priority, tenants take turns. */
  readonly tenant: string;
}

const priorities = 10;

/**
 * The waiting requests, by priority, then in turns of the tenants, each tenant's in order of arrival. Every operation except `yielding`
 * takes constant time.
 */
export class WaitingLine<W extends Waiter> {
  /** Of each priority its tenants in the order of their turns; a set keeps the order in which it was filled. */
  readonly #classes: readonly Map<string, Set<W>>[] = Array.from({ length: priorities }, () => new Map());
  readonly #perTenant = new Map<string, number>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  waitingOf(tenant: string): number {
    return this.#perTenant.get(tenant) ?? 0;
  }

  add(waiter: W): void {
    const tenants = this.#classOf(waiter);
    const own = tenants.get(waiter.tenant);
    if (own === undefined) tenants.set(waiter.tenant, new Set([waiter]));
    else own.add(waiter);
    this.#perTenant.set(waiter.tenant, this.waitingOf(waiter.tenant) + 1);
    this.#size += 1;
  }

  /** @returns false if it was not waiting */
  remove(waiter: W): boolean {
    const tenants = this.#classOf(waiter);
    const own = tenants.get(waiter.tenant);
    if (own === undefined || !own.delete(waiter)) return false;
    if (own.size === 0) tenants.delete(waiter.tenant);
    const left = this.waitingOf(waiter.tenant) - 1;
    if (left === 0) this.#perTenant.delete(waiter.tenant);
    else this.#perTenant.set(waiter.tenant, left);
    this.#size -= 1;
    return true;
  }

  /** Removes and returns the next request; its tenant's next turn comes after all others'. */
  next(): W | undefined {
    for (let priority = priorities - 1; priority >= 0; priority -= 1) {
      const tenants = this.#classes[priority];
      const [turn] = tenants ?? [];
      if (tenants === undefined || turn === undefined) continue;
      const [tenant, own] = turn;
      const [waiter] = own;
      if (waiter === undefined) continue;
      this.remove(waiter);
      if (tenants.delete(tenant)) tenants.set(tenant, own);
      return waiter;
    }
    return undefined;
  }

  /**
   * The request to drop for a new one: the last of the longest queue, if its priority is lower, or equal and its tenant has more waiting
   * requests than the new one's. `undefined` if the new request must be refused.
   */
  yielding(newcomer: Waiter): W | undefined {
    for (let priority = 0; priority <= newcomer.priority; priority += 1) {
      const longest = longestOf(this.#classes[priority]?.values() ?? []);
      if (longest === undefined) continue;
      const isLower = priority < newcomer.priority;
      const own = this.#classes[priority]?.get(newcomer.tenant)?.size ?? 0;
      return isLower || longest.size > own + 1 ? [...longest].at(-1) : undefined;
    }
    return undefined;
  }

  #classOf({ priority }: Waiter): Map<string, Set<W>> {
    const tenants = this.#classes[priority];
    if (tenants === undefined) throw new RangeError(`a priority is 0 to ${priorities - 1}: ${priority}`);
    return tenants;
  }
}

function longestOf<W>(queues: Iterable<Set<W>>): Set<W> | undefined {
  let longest: Set<W> | undefined;
  for (const queue of queues) if (queue.size > (longest?.size ?? 0)) longest = queue;
  return longest;
}
