import type { Logger } from "@libs/monitoring";
import { isCartType } from "../events/cart-event.ts";
import type { StoredEvent } from "../events/stored-event.ts";
import type { CartProjection } from "./cart-projection.ts";

export interface CartFollowerParts {
  readonly projection: Pick<CartProjection, "fold" | "catchUp">;
  readonly logger: Logger;
  /** Called with the number of stored events that are not in their carts yet. */
  readonly onWaiting: (events: number) => void;
  readonly onFolded: (seconds: number) => void;
}

export interface CartFollowerOptions {
  /** Minimum time between two folds while nobody waits: a busy moment makes larger folds, not more of them. */
  readonly paceMs: number;
  /** Maximum number of events per fold. */
  readonly foldEventsMax: number;
  /** Maximum number of events held; beyond it they are dropped here and the carts are repaired from the log. */
  readonly waitingEventsMax: number;
}

const cartFollowerDefaults: CartFollowerOptions = {
  paceMs: 50,
  foldEventsMax: 5000,
  waitingEventsMax: 50_000,
};

type FollowerState =
  | { readonly is: "following" }
  /** Carts lack events from this sequence on (`null`: from wherever the carts ended). Folding stops until `repair`. */
  | { readonly is: "behind"; readonly missed: number | null }
  /** The log is being read: events stored meanwhile wait, because the read may have missed them. */
  | { readonly is: "repairing"; readonly missed: number | null };

/**
 * Keeps the carts up to date with the event log, off the path of the acknowledgement: an acknowledged event is in the log, and
 * the carts follow within moments. Events are folded strictly in order; if a fold fails, no later one overtakes it,
 * so that a cart's last event always tells which events it contains, and a restart finds the carts that lack some.
 */
export class CartFollower {
  readonly #parts: CartFollowerParts;
  readonly #options: CartFollowerOptions;
  #state: FollowerState = { is: "behind", missed: null };
  #waiting: StoredEvent[] = [];
  #isRunning = false;
  #foldedAt = Number.NEGATIVE_INFINITY;
  /** Events ever accepted, and those of them that are folded or left to a repair. */
  #taken = 0;
  #settled = 0;
  #readers: { readonly upTo: number; readonly resolve: () => void }[] = [];
  /** Ends the pause before the next fold. */
  #hurry: (() => void) | null = null;

  constructor(parts: CartFollowerParts, options: Partial<CartFollowerOptions> = {}) {
    this.#parts = parts;
    this.#options = { ...cartFollowerDefaults, ...options };
  }

  /** Accepts stored events, in the order of their sequence. */
  follow(events: readonly StoredEvent[]): void {
    const changes = events.filter(changesCart);
    const [first] = changes;
    if (first === undefined) return;
    if (this.#state.is === "behind") return this.#miss(first.sequence);
    if (this.#waiting.length + changes.length > this.#options.waitingEventsMax)
      return this.#giveUp([...this.#waiting, ...changes]);
    for (const change of changes) this.#waiting.push(change);
    this.#taken += changes.length;
    this.#parts.onWaiting(this.#taken - this.#settled);
    this.#start();
  }

  /** Reports events that may or may not be stored, in the order of their sequence: the next repair reads the log. */
  doubt(events: readonly StoredEvent[]): void {
    const changes = events.filter(changesCart);
    const [first] = changes;
    if (first === undefined) return;
    if (this.#state.is === "behind") this.#miss(first.sequence);
    else this.#giveUp([...this.#waiting, ...changes]);
  }

  /** Resolves when every event accepted before is in its cart, or is left to a repair. Skips the pause before the fold. */
  caughtUp(): Promise<void> {
    if (this.#state.is !== "following" || this.#settled === this.#taken) return Promise.resolve();
    return new Promise((resolve) => {
      this.#readers.push({ upTo: this.#taken, resolve });
      this.#hurry?.();
    });
  }

  /** Repairs carts that are behind the log. @returns how many were. Rejects where a store is away. */
  async repair(): Promise<number> {
    if (this.#state.is !== "behind") return 0;
    const { missed } = this.#state;
    this.#state = { is: "repairing", missed };
    try {
      const repaired = await this.#parts.projection.catchUp(missed);
      this.#resume();
      return repaired;
    } catch (thrown) {
      this.#giveUp(this.#waiting);
      throw thrown;
    }
  }

  /** Stays behind if more events arrived during the read than could be held. */
  #resume(): void {
    if (this.#state.is !== "repairing") return;
    this.#state = { is: "following" };
    this.#start();
  }

  #start(): void {
    if (this.#state.is === "following" && this.#waiting.length > 0 && !this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#state.is === "following" && this.#waiting.length > 0) {
      await this.#pause();
      await this.#foldNext();
    }
    this.#isRunning = false;
    // a repair may have ended while this fold was still running
    this.#start();
  }

  async #foldNext(): Promise<void> {
    const events = this.#waiting.splice(0, this.#options.foldEventsMax);
    const startedAt = performance.now();
    try {
      await this.#parts.projection.fold(events);
      this.#parts.onFolded((performance.now() - startedAt) / 1000);
      this.#settle(this.#settled + events.length);
    } catch (thrown) {
      this.#parts.logger.warn({ err: thrown }, "carts could not be updated and will be repaired");
      this.#giveUp([...events, ...this.#waiting]);
    }
    this.#foldedAt = performance.now();
  }

  async #pause(): Promise<void> {
    const waitMs = this.#foldedAt + this.#options.paceMs - performance.now();
    if (waitMs <= 0 || this.#readers.length > 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, waitMs);
    this.#hurry = resolve;
    await promise;
    clearTimeout(timer);
    this.#hurry = null;
  }

  #settle(upTo: number): void {
    this.#settled = Math.min(upTo, this.#taken);
    this.#parts.onWaiting(this.#taken - this.#settled);
    const readers = this.#readers;
    this.#readers = readers.filter((reader) => reader.upTo > this.#settled);
    for (const { upTo, resolve } of readers) if (upTo <= this.#settled) resolve();
  }

  #giveUp(events: readonly StoredEvent[]): void {
    this.#state = { is: "behind", missed: this.#state.is === "following" ? null : this.#state.missed };
    this.#waiting = [];
    this.#settle(this.#taken);
    const [first] = events;
    if (first !== undefined) this.#miss(first.sequence);
  }

  #miss(sequence: number): void {
    if (this.#state.is !== "behind") return;
    const { missed } = this.#state;
    this.#state = { is: "behind", missed: missed === null ? sequence : Math.min(missed, sequence) };
  }
}

function changesCart({ event }: StoredEvent): boolean {
  return event.cartId !== undefined && isCartType(event.type);
}
