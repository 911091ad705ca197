import { CartwayError } from "@libs/errors";

export interface GroupCommitOptions<Item, Outcome extends object | null> {
  /** Does all items or rejects having done none. One outcome per item, in order. */
  readonly work: (items: readonly Item[]) => Promise<readonly Outcome[]>;
  /** Items with the same key never share a group: the later one sees the effect of the earlier one. */
  readonly keyOf: (item: Item) => string;
  /**
   * Minimum time between the starts of two groups, applied only after a group of several: a single caller, one call after the
   * other, never waits.
   */
  readonly everyMs?: number;
  readonly groupMax?: number;
  /** Maximum number of waiting items; more are refused at once. */
  readonly waitingMax?: number;
}

interface Waiting<Item, Outcome> {
  readonly item: Item;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Batches concurrent work, as databases do with commits: items that arrive while a group is in progress join the
 * next one. Each item gets its own outcome once its group is done. If a group fails, for example because of one bad item, each of its items
 * is tried alone, so that none fails because of another.
 */
export class GroupCommit<Item, Outcome extends object | null> {
  readonly #options: GroupCommitOptions<Item, Outcome>;
  #waiting: Waiting<Item, Outcome>[] = [];
  #nextAt = Number.NEGATIVE_INFINITY;
  #isBusy = false;

  constructor(options: GroupCommitOptions<Item, Outcome>) {
    this.#options = options;
  }

  /** @throws CartwayError `overloaded`, `store_unavailable`, or whatever the work on this item alone throws */
  async add(item: Item): Promise<Outcome> {
    const { waitingMax = 10_000 } = this.#options;
    if (this.#waiting.length >= waitingMax) throw new CartwayError("overloaded");
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    this.#waiting.push({ item, resolve, reject });
    if (!this.#isBusy) this.#arm();
    return await promise;
  }

  #arm(): void {
    this.#isBusy = true;
    const restMs = this.#nextAt - performance.now();
    const begin = (): void => void this.#run();
    // only after everything that arrived together with this item has been read
    if (restMs > 0) setTimeout(begin, restMs);
    else setImmediate(begin);
  }

  async #run(): Promise<void> {
    const group = this.#takeGroup();
    this.#nextAt = performance.now() + (group.length > 1 ? (this.#options.everyMs ?? 0) : 0);
    await this.#settle(group);
    if (this.#waiting.length > 0) this.#arm();
    else this.#isBusy = false;
  }

  #takeGroup(): readonly Waiting<Item, Outcome>[] {
    const { keyOf, groupMax = 500 } = this.#options;
    const keys = new Set<string>();
    const group: Waiting<Item, Outcome>[] = [];
    const rest: Waiting<Item, Outcome>[] = [];
    for (const one of this.#waiting) {
      const key = keyOf(one.item);
      const fits = group.length < groupMax && !keys.has(key);
      (fits ? group : rest).push(one);
      keys.add(key);
    }
    this.#waiting = rest;
    return group;
  }

  async #settle(group: readonly Waiting<Item, Outcome>[]): Promise<void> {
    const outcomes = await this.#options
      .work(group.map((one) => one.item))
      .catch((error: unknown) => this.#onRefused(group, error));
    if (outcomes === null) return;
    for (const [index, { resolve, reject }] of group.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined) reject(new Error("a group's work returned a wrong number of results"));
      else resolve(outcome);
    }
  }

  async #onRefused(group: readonly Waiting<Item, Outcome>[], error: unknown): Promise<null> {
    const isAway = error instanceof CartwayError && error.code === "store_unavailable";
    if (group.length === 1 || isAway) for (const one of group) one.reject(error);
    else for (const one of group) await this.#settle([one]);
    return null;
  }
}
