import type { Leases } from "@libs/messaging";
import type { Connection } from "../connections/connection.ts";

/** Reports sessions that have left. If it rejects, they are reported again under the same ids. */
export type ReportLeft = (events: readonly SessionLeft[]) => Promise<void>;

export interface SessionLeft {
  /** The same id for the same event, however often it is reported. */
  readonly id: string;
  readonly type: "session_left";
  readonly sessionId: string;
  /** When its lease expired, ISO 8601. */
  readonly occurredAt: string;
}

export interface SessionsOptions {
  readonly leases: Leases;
  readonly leaseMs: () => number | null;
  readonly reportLeft: ReportLeft;
  readonly onError: (error: unknown) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Ticks per lease period, and the longest interval between two. */
const ticksPerLease = 4;
const tickMsMax = 5000;
/** Sessions of one report. */
const takenMax = 500;
const retryMs = 10_000;

/**
 * Sessions stay alive while an instance renews their lease. When a socket closes, the lease is no longer renewed: a client that returns in
 * time never left, and a crashed process renews nothing.
 */
export class Sessions {
  readonly #options: SessionsOptions;
  /** Open connections by the session they are bound to. */
  readonly #connections = new Map<string, number>();
  #tickedAt = 0;
  /** The last time at which leases may not have been renewed: the start, when clients are still reconnecting, or a store outage. */
  #notRenewedAt: number;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#notRenewedAt = options.now();
  }

  get size(): number {
    return this.#connections.size;
  }

  /** Called when a connection was bound to its session. */
  enter(sessionId: string): void {
    const { leases, leaseMs, onError } = this.#options;
    const present = this.#connections.get(sessionId) ?? 0;
    this.#connections.set(sessionId, present + 1);
    const lease = leaseMs();
    if (present === 0 && lease !== null) leases.renew([sessionId], lease).catch(onError);
  }

  leave({ sessionId }: Pick<Connection, "sessionId">): void {
    if (sessionId === null) return;
    const { leases, leaseMs, onError } = this.#options;
    const left = (this.#connections.get(sessionId) ?? 0) - 1;
    if (left > 0) return void this.#connections.set(sessionId, left);
    this.#connections.delete(sessionId);
    const lease = leaseMs();
    if (lease !== null) leases.renew([sessionId], lease).catch(onError);
  }

  /** Whether a tick is due, by the current lease period. */
  isDue(): boolean {
    const lease = this.#options.leaseMs();
    const elapsedMs = performance.now() - this.#tickedAt;
    return lease !== null && elapsedMs >= Math.min(tickMsMax, lease / ticksPerLease);
  }

  /**
   * Renews the sessions of this instance and reports those that have left anywhere. To be called when due. After a problem that may have
   * affected all instances, each has half a lease to renew its own sessions before any counts as left.
   */
  async tick(): Promise<void> {
    const { leases, leaseMs, now } = this.#options;
    const lease = leaseMs();
    this.#tickedAt = performance.now();
    if (lease === null) return;
    try {
      await leases.renew([...this.#connections.keys()], lease);
    } catch (error) {
      this.#notRenewedAt = now();
      throw error;
    }
    if (now() - this.#notRenewedAt < lease / 2) return;
    // all of them: those left for later ticks would accumulate where more leave than one call reports
    while ((await this.#report()) === takenMax);
  }

  /** Reports the longest expired sessions in one call. @returns how many */
  async #report(): Promise<number> {
    const { leases, reportLeft } = this.#options;
    const expired = await leases.takeExpired(takenMax, retryMs);
    if (expired.length === 0) return 0;
    await reportLeft(
      expired.map(({ id, expiredAt }) => ({
        id: `left-${id}-${expiredAt}`,
        type: "session_left",
        sessionId: id,
        occurredAt: new Date(expiredAt).toISOString(),
      })),
    );
    for (const one of expired) await leases.settle(one);
    return expired.length;
  }
}
