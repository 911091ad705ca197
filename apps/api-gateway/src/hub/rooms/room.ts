import { type ChannelFeed, type Position, type Publication, withPlace, writeFrame } from "@libs/messaging";
import type { Connection } from "../connections/connection.ts";
import type { Coalescer } from "./coalescer.ts";

export interface RoomDelivery {
  /** Hands a text to every native subscriber of the topic. */
  publish(topic: string, text: string): void;
  /** Hands it to one connection whose delivery is not native, or that is slow. */
  deliver(connection: Connection, channel: string, text: string): void;
  observe(members: number, seconds: number): void;
  /** Where texts wait that need not go out at once. */
  readonly coalescer: Coalescer;
}

const roomPrefix = "room:";
const noConnections: readonly Connection[] = [];

/** A channel that at least one connection of this instance holds. */
export class Room {
  readonly channel: string;
  feed: ChannelFeed | null = null;
  /** Those who hold it, joining ones included: with the last one gone the channel is let go. */
  holders = 0;
  members = 0;
  /** How long a text may wait for others: the least that a member's rule says. */
  coalesceMs = Number.POSITIVE_INFINITY;
  /** In their order; `null` where nothing waits. */
  #held: string[] | null = null;
  /** Members that are delivered to one by one. Only a second makes a set: there are as many rooms as shoppers. */
  #others: Connection | Set<Connection> | null = null;
  /** What was published while a joiner reads the history: handed to it afterwards. */
  #joining: Set<Publication[]> | null = null;
  readonly #delivery: RoomDelivery;

  constructor(channel: string, delivery: RoomDelivery) {
    this.channel = channel;
    this.#delivery = delivery;
  }

  /** Told to members; `null` for the personal channel of a user, device or customer. */
  get name(): string | null {
    return this.channel.startsWith(roomPrefix) ? this.channel.slice(roomPrefix.length) : null;
  }

  get position(): Position | null {
    return this.feed?.position ?? null;
  }

  /** Delivered to one by one from here on. */
  addOther(connection: Connection): void {
    const others = this.#others;
    if (others instanceof Set) others.add(connection);
    else this.#others = others === null || others === connection ? connection : new Set([others, connection]);
  }

  /** False where the server delivers to it. */
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

  /** Members are told that they missed something that cannot be given: what they show must be fetched anew. */
  lost(position: Position): void {
    const payload = { room: this.name, ...position };
    this.#send(writeFrame({ type: "room_lost", payload }));
  }

  /** A frame's text as members see it. */
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
   * Hands out what waits. MUST come before the members change: what was published before somebody entered is not for them, and
   * to whoever leaves nothing comes afterwards.
   */
  flush(): void {
    const held = this.#held;
    this.#held = null;
    for (const text of held ?? []) this.#handOut(text);
  }

  #send(text: string): void {
    const { coalescer } = this.#delivery;
    if (this.coalesceMs === 0 || this.members === 0) return this.#handOut(text);
    if (this.#held === null) {
      this.#held = [];
      coalescer.wait(this, this.coalesceMs);
    }
    this.#held.push(text);
    coalescer.grow(text.length);
  }

  #handOut(text: string): void {
    const startedAt = performance.now();
    if (this.members > countOf(this.#others)) this.#delivery.publish(this.channel, text);
    for (const connection of this.others()) this.#delivery.deliver(connection, this.channel, text);
    this.#delivery.observe(this.members, (performance.now() - startedAt) / 1000);
  }
}

function countOf(others: Connection | Set<Connection> | null): number {
  return others instanceof Set ? others.size : Number(others !== null);
}
