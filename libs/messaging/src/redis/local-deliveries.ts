import { idempotencyMs } from "../broker/memory-broker.ts";

/** Remembered in each of two generations. */
const rememberedMax = 50_000;

export interface LocalDeliveriesOptions {
  /** Unique among instances, without spaces. */
  readonly instanceId: string;
  /** Milliseconds of any beginning. */
  readonly clock?: () => number;
}

/**
 * What is published without history reaches the listeners of this instance even where the server cannot be told, and once even where nobody
 * can tell whether it was: a command that was sent and not answered in time may have been carried out before, or may be yet. Each carries a mark
 * by which it is known when it comes back.
 */
export class LocalDeliveries {
  readonly #instanceId: string;
  readonly #clock: () => number;
  /** By channel and mark: whether it was heard already. */
  readonly #underWay = new Map<string, boolean>();
  /** By channel and mark: delivered here without the server, in the present time of `idempotencyMs` and in the one before. */
  #delivered = new Set<string>();
  #deliveredBefore = new Set<string>();
  #turnAt = 0;
  #count = 0;

  constructor({ instanceId, clock = () => performance.now() }: LocalDeliveriesOptions) {
    this.#instanceId = instanceId;
    this.#clock = clock;
  }

  /** Of a publication about to be sent. The same for the same idempotency key, whoever sends it. */
  mark(idempotencyKey: string | undefined): string {
    if (idempotencyKey !== undefined) return `k${Bun.hash(idempotencyKey).toString(36)}`;
    return `${this.#instanceId}.${(this.#count++).toString(36)}`;
  }

  begin(channel: string, mark: string): void {
    this.#underWay.set(keyOf(channel, mark), false);
  }

  /** The server has answered. */
  succeed(channel: string, mark: string): void {
    this.#underWay.delete(keyOf(channel, mark));
  }

  /** The server was not told, or did not answer. True where the listeners of this instance shall be told of it now. */
  fail(channel: string, mark: string): boolean {
    const key = keyOf(channel, mark);
    const wasHeard = this.#underWay.get(key) === true;
    this.#underWay.delete(key);
    if (wasHeard || this.#isDelivered(key)) return false;
    this.#remember(key);
    return true;
  }

  /** A publication came from the server. False where the listeners of this instance have had it. */
  hear(channel: string, mark: string): boolean {
    const key = keyOf(channel, mark);
    if (this.#underWay.has(key)) this.#underWay.set(key, true);
    return !this.#isDelivered(key);
  }

  #isDelivered(key: string): boolean {
    return this.#delivered.has(key) || this.#deliveredBefore.has(key);
  }

  #remember(key: string): void {
    const now = this.#clock();
    if (now >= this.#turnAt || this.#delivered.size >= rememberedMax) {
      this.#deliveredBefore = this.#delivered;
      this.#delivered = new Set();
      this.#turnAt = now + idempotencyMs;
    }
    this.#delivered.add(key);
  }
}

function keyOf(channel: string, mark: string): string {
  return `${channel} ${mark}`;
}
