import { type CartwayError, toCartwayError } from "@libs/errors";
import type { ExpiredLease, Leases } from "@libs/messaging";
import type { Connection } from "../connections/connection.ts";
import { isOfTheBody } from "../messages/is-of-the-body.ts";

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
  /** The service refuses this one for good; it is not reported again. */
  readonly onRefused: (sessionId: string, error: CartwayError) => void;
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
    const expired = await this.#options.leases.takeExpired(takenMax, retryMs);
    if (expired.length > 0) await this.#tell(expired);
    return expired.length;
  }

  /** A refused report is made again in halves: clients choose the ids, and one that the service refuses must not hold up the others. */
  async #tell(expired: readonly ExpiredLease[]): Promise<void> {
    const { leases, reportLeft, onRefused } = this.#options;
    try {
      await reportLeft(expired.map(eventOf));
    } catch (thrown) {
      const error = toCartwayError(thrown);
      const [first] = expired;
      if (!isOfTheBody(error) || first === undefined) throw thrown;
      if (expired.length > 1) {
        const half = Math.ceil(expired.length / 2);
        await this.#tell(expired.slice(0, half));
        return this.#tell(expired.slice(half));
      }
      onRefused(first.id, error);
    }
    for (const one of expired) await leases.settle(one);
  }
}

function eventOf({ id, expiredAt }: ExpiredLease): SessionLeft {
  const occurredAt = new Date(expiredAt).toISOString();
  return { id: `left-${id}-${expiredAt}`, type: "session_left", sessionId: id, occurredAt };
}
