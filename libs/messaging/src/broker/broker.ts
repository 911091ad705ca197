import type { Position } from "../protocol/frame.ts";

/** How much of a channel is kept for those who come back. Both bounds hold at once. */
export interface HistoryOptions {
  /** Publications kept at most. */
  readonly sizeMax: number;
  /** How long after the last publication, in milliseconds. */
  readonly ttlMs: number;
}

export interface PublishOptions {
  /** `null` keeps nothing; the broker's own default where not given. */
  readonly history?: HistoryOptions | null;
  /** The same key on the same channel within five minutes publishes once and answers with the first position. */
  readonly idempotencyKey?: string;
}

export interface Publication {
  readonly channel: string;
  /** JSON text of a frame, or whatever the channel's own parties agreed on. */
  readonly text: string;
  /** `null` where the channel keeps no history. */
  readonly position: Position | null;
}

export interface PublishReceipt {
  readonly position: Position | null;
  /** `local` where the store between instances was unreachable and only this instance's subscribers were reached. */
  readonly reach: "all" | "local";
}

/** What a channel carried after a position. */
export interface HistoryRead {
  /** Where the channel stands now. */
  readonly position: Position;
  /** True exactly if `publications` is everything after `since`, in order. False: nothing can be said, and none is given. */
  readonly complete: boolean;
  readonly publications: readonly { readonly offset: number; readonly text: string }[];
}

/** An object and not a function: there is one for each room of each shopper, and a closure would cost as much again. */
export interface PublicationListener {
  publication(publication: Publication): void;
}

export interface Subscription {
  /** Resolves when no further publication will be delivered to the listener. */
  close(): Promise<void>;
}

export type BrokerState = "up" | "down";

/**
 * Carries publications between the instances of the hub and the services. Every implementation MUST pass `broker.contract.ts`.
 *
 * While all is well each publication reaches each listener of its channel exactly once, the publisher's own instance
 * included, and those of one channel in one order everywhere. After a lost connection a listener may have missed some: a
 * channel with history then shows a jump of its offset (`ChannelFeed` closes it), one without does not.
 */
export interface Broker {
  /** Unique among the instances of one store. */
  readonly instanceId: string;
  readonly state: BrokerState;
  readonly presence: Presence;
  readonly leases: Leases;
  /**
   * Resolves when the subscription is in force. While the broker is down it holds for this instance at once, and for the
   * others from the next `up` on: it never rejects.
   */
  subscribe(channel: string, listener: PublicationListener): Promise<Subscription>;
  /**
   * A channel with history is published durably or the call rejects with `store_unavailable`; one without history falls
   * back to the listeners of this instance.
   */
  publish(channel: string, text: string, options?: PublishOptions): Promise<PublishReceipt>;
  /** At most `limit` publications: a longer gap is not complete. `since: null` asks only where the channel stands. */
  history(channel: string, since: Position | null, limit: number): Promise<HistoryRead>;
  /** Told `up` only once every subscription is in force again. Returns what ends it. */
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
 * Who is in a channel, over all instances. A member is removed when it leaves, or when its whole instance has not shown
 * itself for the lease: then `reap` gives it to exactly one caller.
 */
export interface Presence {
  /** False where the connection was in the channel already. */
  join(channel: string, member: PresenceMember): Promise<boolean>;
  /** False where it was not: of two that try, one is told true. */
  leave(channel: string, connectionId: string): Promise<boolean>;
  list(channel: string, limit: number): Promise<PresenceList>;
  /** Shows that this instance lives. MUST be called more often than the lease is long. */
  heartbeat(): Promise<void>;
  /** Members of instances whose lease ran out, and own ones whose `leave` failed, removed by this call. At most `limit`. */
  reap(limit: number): Promise<readonly { readonly channel: string; readonly member: PresenceMember }[]>;
}

export interface ExpiredLease {
  readonly id: string;
  /** Milliseconds since the epoch; with `id` it names this one expiry, also when it is handed out again. */
  readonly expiredAt: number;
}

/** Sessions that are alive as long as somebody renews them, over all instances. */
export interface Leases {
  renew(ids: readonly string[], leaseMs: number): Promise<void>;
  /**
   * Hands out leases that ran out, each to one caller. What is not settled within `retryMs` is handed out again, with the
   * same `expiredAt`: the receiver of the event can tell a repetition.
   */
  takeExpired(limit: number, retryMs: number): Promise<readonly ExpiredLease[]>;
  settle(expired: ExpiredLease): Promise<void>;
}
