import { idempotencyMs } from "../broker/memory-broker.ts";

/** Bound on each of two generations. */
const rememberedMax = 50_000;

export interface LocalDeliveriesOptions {
  /** Unique among instances, without spaces. */
  readonly instanceId: string;
  /** Milliseconds since any fixed time. */
  readonly clock?: () => number;
}

/**
 * Delivers publications without history to this instance's listeners even where the server is unreachable, and only once where the
 * outcome is unknown: a command that timed out may have been executed, or may be executed later. Each publication carries a mark, by
 * which it is recognized when it comes back.
 */
export class LocalDeliveries {
  readonly #instanceId: string;
  readonly #clock: () => number;
  /** Keyed by channel and mark: whether it has been received already. */
  readonly #underWay = new Map<string, boolean>();
  /** Keyed by channel and mark: delivered here without the server, in the current period of `idempotencyMs` and the previous one. */
  #delivered = new Set<string>();
  #deliveredBefore = new Set<string>();
  #turnAt = 0;
  #count = 0;

  constructor({ instanceId, clock = () => performance.now() }: LocalDeliveriesOptions) {
    this.#instanceId = instanceId;
    this.#clock = clock;
  }

  /** The mark of a publication. Equal for equal idempotency keys, whoever publishes. */
  mark(idempotencyKey: string | undefined): string {
    if (idempotencyKey !== undefined) return `k${Bun.hash(idempotencyKey).toString(36)}`;
    return `${this.#instanceId}.${(this.#count++).toString(36)}`;
  }

  begin(channel: string, mark: string): void {
    this.#underWay.set(keyOf(channel, mark), false);
  }

  /** The server has acknowledged it. */
  succeed(channel: string, mark: string): void {
    this.#underWay.delete(keyOf(channel, mark));
  }

  /** The command failed or timed out. True where it must be delivered to this instance's listeners now. */
  fail(channel: string, mark: string): boolean {
    const key = keyOf(channel, mark);
    const wasHeard = this.#underWay.get(key) === true;
    this.#underWay.delete(key);
    if (wasHeard || this.#isDelivered(key)) return false;
    this.#remember(key);
    return true;
  }

  /** A publication arrived from the server. False where this instance's listeners already have it. */
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
