import { type ChannelFeed, type Position, type Publication, withPlace, writeFrame } from "@libs/messaging";
import type { Connection } from "../connections/connection.ts";
import type { Coalescer } from "./coalescer.ts";

export interface RoomDelivery {
  /** Publishes a text to every native subscriber of the topic. */
  publish(topic: string, text: string): void;
  /** Delivers a text to one connection that is not native, or slow. */
  deliver(connection: Connection, channel: string, text: string): void;
  observe(members: number, seconds: number): void;
  /** Schedules texts that need not be sent at once. */
  readonly coalescer: Coalescer;
}

const roomPrefix = "room:";
const noConnections: readonly Connection[] = [];

/** A channel that at least one connection of this instance holds. */
export class Room {
  readonly channel: string;
  feed: ChannelFeed | null = null;
  /** Members, including joining ones: the channel is released with the last one. */
  holders = 0;
  members = 0;
  /** How long a text may wait for others: the smallest interval of its members' rules. */
  coalesceMs = Number.POSITIVE_INFINITY;
  /** Waiting texts in order; `null` for none. */
  #waiting: string[] | null = null;
  /** Members that are delivered to individually. A set is created only for the second one, because there are as many rooms as shoppers. */
  #others: Connection | Set<Connection> | null = null;
  /** Frames published while a joining member reads the history; sent to it afterwards. */
  #joining: Set<Publication[]> | null = null;
  readonly #delivery: RoomDelivery;

  constructor(channel: string, delivery: RoomDelivery) {
    this.channel = channel;
    this.#delivery = delivery;
  }

  /** The name in frames; `null` for the personal channel of a user, device or customer. */
  get name(): string | null {
    return this.channel.startsWith(roomPrefix) ? this.channel.slice(roomPrefix.length) : null;
  }

  get position(): Position | null {
    return this.feed?.position ?? null;
  }

  /** Delivers to this connection individually from now on. */
  addOther(connection: Connection): void {
    const others = this.#others;
    if (others instanceof Set) others.add(connection);
    else this.#others = others === null || others === connection ? connection : new Set([others, connection]);
  }

  /** False if the listener delivers to it. */
  removeOther(connection: Connection): boolean {
    const others = this.#others;
    if (others instanceof Set) return others.delete(connection);
    if (others !== connection) return false;
    this.#others = null;
    return true;
  }

  others(): Iterable<Connection> {
    const others = this.#others;
    if (others === null) return noConnections;
    return others instanceof Set ? others : [others];
  }

  publication(publication: Publication): void {
    for (const buffer of this.#joining ?? []) buffer.push(publication);
    this.#send(this.textOf(publication.text, publication.position?.offset ?? null));
  }

  /** Notifies members that frames are lost for good: they must fetch their state again. */
  lost(position: Position): void {
    const payload = { room: this.name, ...position };
    this.#send(writeFrame({ type: "room_lost", payload }));
  }

  /** A frame's text as sent to members. */
  textOf(text: string, offset: number | null): string {
    const { name } = this;
    return name === null ? text : withPlace(text, name, offset);
  }

  buffer(): { readonly publications: readonly Publication[]; end(): void } {
    const publications: Publication[] = [];
    this.#joining ??= new Set();
    const joining = this.#joining.add(publications);
    return {
      publications,
      end: () => {
        joining.delete(publications);
        if (joining.size === 0 && this.#joining === joining) this.#joining = null;
      },
    };
  }

  /**
   * Sends the waiting texts. MUST be called before members change: new ones must not get earlier frames, and leaving ones get nothing
   * afterwards.
   */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    for (const text of waiting ?? []) this.#deliver(text);
  }

  #send(text: string): void {
    const { coalescer } = this.#delivery;
    if (this.coalesceMs === 0 || this.members === 0) return this.#deliver(text);
    if (this.#waiting === null) {
      this.#waiting = [];
      coalescer.wait(this, this.coalesceMs);
    }
    this.#waiting.push(text);
    coalescer.grow(text.length);
  }

  #deliver(text: string): void {
    const startedAt = performance.now();
    if (this.members > countOf(this.#others)) this.#delivery.publish(this.channel, text);
    for (const connection of this.others()) this.#delivery.deliver(connection, this.channel, text);
    this.#delivery.observe(this.members, (performance.now() - startedAt) / 1000);
  }
}

function countOf(others: Connection | Set<Connection> | null): number {
  return others instanceof Set ? others.size : Number(others !== null);
}
