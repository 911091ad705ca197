import type { Position } from "../protocol/frame.ts";

/** How much of a channel is kept for recovery. Both bounds apply. */
export interface HistoryOptions {
  /** Maximum number of publications. */
  readonly sizeMax: number;
  /** Milliseconds since the last publication. */
  readonly ttlMs: number;
}

export interface PublishOptions {
  /** `null` keeps nothing; the broker's default if absent. */
  readonly history?: HistoryOptions | null;
  /** A repeated key on the same channel within five minutes does not publish again, and returns the first position. */
  readonly idempotencyKey?: string;
}

export interface Publication {
  readonly channel: string;
  /** The JSON text of a frame, or whatever the users of the channel have agreed on. */
  readonly text: string;
  /** `null` where the channel keeps no history. */
  readonly position: Position | null;
}

export interface PublishReceipt {
  readonly position: Position | null;
  /** `local` where the shared store was unreachable, and only subscribers of this instance were reached. */
  readonly reach: "all" | "local";
}

/** The publications of a channel after a position. */
export interface HistoryRead {
  /** The channel's current position. */
  readonly position: Position;
  /** True exactly if `publications` is everything after `since`, in order; otherwise it is empty. */
  readonly complete: boolean;
  readonly publications: readonly { readonly offset: number; readonly text: string }[];
}

/** An object rather than a function: there is one per room and shopper, and a closure would double its memory. */
export interface PublicationListener {
  publication(publication: Publication): void;
}

export type BrokerState = "up" | "down";

/**
 * Delivers publications between the instances of the hub and the services. Every implementation MUST pass `broker.contract.ts`.
 *
 * Without failures, each publication reaches each listener of its channel exactly once, on the publisher's own instance too, and all
 * listeners see the same order per channel. After a lost connection a listener may have missed some: a channel with history then shows a
 * gap in its offsets (`ChannelFeed` fills it), one without does not.
 */
export interface Broker {
  /** Unique among the instances that share a store. */
  readonly instanceId: string;
  readonly state: BrokerState;
  readonly presence: Presence;
  readonly leases: Leases;
  /**
   * Resolves when the subscription is active. While the broker is down it covers this instance at once, and the others from the next `up`
   * on. Never rejects.
   */
  subscribe(channel: string, listener: PublicationListener): Promise<void>;
  /**
   * Takes the listener that was given to `subscribe`: there is one per room and shopper, and nothing else to be kept for each. Nothing is
   * delivered to it from the call on; resolves once the channel is let go, where it was the last listener. Never rejects.
   */
  unsubscribe(channel: string, listener: PublicationListener): Promise<void>;
  /**
   * With history, the publication is stored, or the call rejects with `store_unavailable`. Without history, it falls back to the
   * listeners of this instance.
   */
  publish(channel: string, text: string, options?: PublishOptions): Promise<PublishReceipt>;
  /** At most `limit` publications: a longer gap is reported as incomplete. `since: null` only queries the current position. */
  history(channel: string, since: Position | null, limit: number): Promise<HistoryRead>;
  /** Reports `up` only once every subscription is active again. @returns a function that ends it */
  onState(listener: (state: BrokerState) => void): () => void;
  close(): Promise<void>;
}

export interface PresenceMember {
  readonly connectionId: string;
  readonly userId: string | null;
}

export interface PresenceList {
  readonly count: number;
  readonly members: readonly PresenceMember[];
}

/**
 * The members of each channel, over all instances. A member is removed when it leaves, or when its instance has sent no heartbeat for the
 * lease; in the latter case `reap` returns it to exactly one caller.
 */
export interface Presence {
  /** False where the connection was a member already. */
  join(channel: string, member: PresenceMember): Promise<boolean>;
  /** False where it was not a member; of two concurrent calls, exactly one gets true. */
  leave(channel: string, connectionId: string): Promise<boolean>;
  list(channel: string, limit: number): Promise<PresenceList>;
  /** Renews this instance's lease. MUST be called more often than the lease lasts. */
  heartbeat(): Promise<void>;
  /** Removes and returns members of expired instances, and own ones whose `leave` failed. At most `limit`. */
  reap(limit: number): Promise<readonly { readonly channel: string; readonly member: PresenceMember }[]>;
}

export interface ExpiredLease {
  readonly id: string;
  /** Milliseconds since the epoch. Together with `id` it identifies this expiry, also when it is returned again. */
  readonly expiredAt: number;
}

/** Sessions that stay alive as long as any instance renews them. */
export interface Leases {
  renew(ids: readonly string[], leaseMs: number): Promise<void>;
  /**
   * Returns expired leases, each to one caller. A lease that is not settled within `retryMs` is returned again with the same `expiredAt`,
   * by which the receiver of the event can detect a duplicate.
   */
  takeExpired(limit: number, retryMs: number): Promise<readonly ExpiredLease[]>;
  settle(expired: ExpiredLease): Promise<void>;
}
