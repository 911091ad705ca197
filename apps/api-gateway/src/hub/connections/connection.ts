import { type BucketRate, TokenBucket } from "@libs/rate-limit";
import type { Principal } from "../../model/identity/principal.ts";
import type { EndpointSlot } from "../endpoint.ts";
import type { Room } from "../rooms/room.ts";
import type { HubSocket } from "./hub-socket.ts";

export interface ConnectionFacts {
  readonly id: string;
  readonly slot: EndpointSlot;
  readonly ip: string;
  readonly principal: Principal | null;
  /** Whether the server itself can deliver channels to it. */
  readonly isNative: boolean;
  readonly now: number;
}

/** One client's connection. Few fields, all initialized here: there are a hundred thousand of them. */
export class Connection {
  readonly id: string;
  readonly slot: EndpointSlot;
  readonly ip: string;
  readonly isNative: boolean;
  readonly openedAt: number;
  /** `null` until the transport is open and after it was closed. */
  socket: HubSocket | null = null;
  principal: Principal | null;
  /**
   * The shopper's session it is bound to: the `sessionId` of the first frame that had one, never changed afterwards. Rooms of
   * `{sessionId}` can be joined only for this session.
   */
  sessionId: string | null = null;
  readonly rooms: Room[] = [];
  /** Rooms whose presence lists it, each with its pending announcement, which the next one waits for. */
  shown: Map<Room, Promise<void>> | null = null;
  /** The last join or leave of each room that is under way. */
  roomTurns: Map<string, Promise<void>> | null = null;
  /** The channel of its user, device or customer, by the config under which it opened. */
  personalChannel: string | null = null;
  /** The same, once it is held. */
  personal: Room | null = null;
  /** Unanswered frames. */
  pending = 0;
  /** Their bytes, which the hub holds. */
  pendingBytes = 0;
  isPaused = false;
  /** Set while a frame waits for the limiter's decision; later frames queue behind it. */
  limiting: Promise<void> | null = null;
  badFrames = 0;
  refusedFrames = 0;
  framesReceived = 0;
  /** When a closing connection is terminated, on `performance.now()`; 0 while it is open. */
  cutAt = 0;
  /** Collects the answers of one batch for a single write; `null` outside of one. */
  outbox: string[] | null = null;
  /** The last frames of each room, by room and kind, while the client reads too slowly under the policy `latest`. */
  latest: Map<string, string> | null = null;
  #bucket: TokenBucket | null = null;
  #typeBuckets: Map<string, TokenBucket> | null = null;

  constructor(facts: ConnectionFacts) {
    this.id = facts.id;
    this.slot = facts.slot;
    this.ip = facts.ip;
    this.principal = facts.principal;
    this.isNative = facts.isNative;
    this.openedAt = facts.now;
  }

  get isOpen(): boolean {
    return this.socket !== null && this.cutAt === 0;
  }

  get userId(): string | null {
    return this.principal?.subject ?? null;
  }

  /** Takes a token of the connection's frame rate. @returns 0, or the milliseconds until the next one */
  takeToken(now: number): number {
    const { rate } = this.slot.current;
    this.#bucket ??= new TokenBucket(rate, now);
    return this.#bucket.take(rate, now);
  }

  takeTypeToken(type: string, rate: BucketRate, now: number): number {
    this.#typeBuckets ??= new Map();
    let bucket = this.#typeBuckets.get(type);
    if (bucket === undefined) {
      bucket = new TokenBucket(rate, now);
      this.#typeBuckets.set(type, bucket);
    }
    return bucket.take(rate, now);
  }
}
