import type { Leases } from "@libs/messaging";
import type { Connection } from "../connections/connection.ts";

/** Tells of one session that has left. Rejects where that was not taken: it is told again, under the same id. */
export type TellLeft = (events: readonly SessionLeft[]) => Promise<void>;

export interface SessionLeft {
  /** The same for the same leaving, however often it is told. */
  readonly id: string;
  readonly type: "session_left";
  readonly sessionId: string;
  /** When its lease ran out, ISO 8601. */
  readonly occurredAt: string;
}

export interface SessionsOptions {
  readonly leases: Leases;
  readonly leaseMs: () => number | null;
  readonly tell: TellLeft;
  readonly onError: (error: unknown) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Ticks in the life of a lease, and the longest time between two. */
const ticksPerLease = 4;
const tickMsMax = 5000;
const takenMax = 500;
const retryMs = 10_000;

/**
 * Sessions are alive as long as an instance renews their lease. A socket that closes lets the lease run: one that is back
 * in time never left, and the process that died renews nothing.
 */
export class Sessions {
  readonly #options: SessionsOptions;
  /** Open connections by the session they are bound to. */
  readonly #here = new Map<string, number>();
  #tickedAt = 0;
  /** When leases were last known not to be renewed: at the start, where clients are still coming back, and while the store was away. */
  #troubledAt: number;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#troubledAt = options.now();
  }

  get size(): number {
    return this.#here.size;
  }

  /** A connection was bound to its session. */
  enter(sessionId: string): void {
    const { leases, leaseMs, onError } = this.#options;
    const present = this.#here.get(sessionId) ?? 0;
    this.#here.set(sessionId, present + 1);
    const lease = leaseMs();
    if (present === 0 && lease !== null) leases.renew([sessionId], lease).catch(onError);
  }

  leave({ sessionId }: Pick<Connection, "sessionId">): void {
    if (sessionId === null) return;
    const { leases, leaseMs, onError } = this.#options;
    const left = (this.#here.get(sessionId) ?? 0) - 1;
    if (left > 0) return void this.#here.set(sessionId, left);
    this.#here.delete(sessionId);
    const lease = leaseMs();
    if (lease !== null) leases.renew([sessionId], lease).catch(onError);
  }

  /** Whether it is time for a tick, by the lease that is in force now. */
  isDue(): boolean {
    const lease = this.#options.leaseMs();
    const elapsedMs = performance.now() - this.#tickedAt;
    return lease !== null && elapsedMs >= Math.min(tickMsMax, lease / ticksPerLease);
  }

  /**
   * Renews what is here and tells of what has left anywhere. To be called when it is due. After a trouble that all instances may have had,
   * each has half a lease to renew its own before any of them is taken for one that has left.
   */
  async tick(): Promise<void> {
    const { leases, leaseMs, tell, now } = this.#options;
    const lease = leaseMs();
    this.#tickedAt = performance.now();
    if (lease === null) return;
    try {
      await leases.renew([...this.#here.keys()], lease);
    } catch (error) {
      this.#troubledAt = now();
      throw error;
    }
    if (now() - this.#troubledAt < lease / 2) return;
    const expired = await leases.takeExpired(takenMax, retryMs);
    if (expired.length === 0) return;
    await tell(
      expired.map(({ id, expiredAt }) => ({
        id: `left-${id}-${expiredAt}`,
        type: "session_left",
        sessionId: id,
        occurredAt: new Date(expiredAt).toISOString(),
      })),
    );
    for (const one of expired) await leases.settle(one);
  }
}
