import { type Broker, ChannelFeed, type FeedSource } from "@libs/messaging";
import type { Connection } from "../connections/connection.ts";
import { Room, type RoomDelivery } from "./room.ts";

export interface RoomsOptions {
  readonly broker: Broker;
  readonly delivery: RoomDelivery;
  /** Largest gap that is filled after a broker outage. */
  readonly gapMax: number;
  readonly onError: (error: unknown) => void;
}

/** Feeds that catch up concurrently after a broker outage. */
const catchUpsMax = 64;

/**
 * Smaller rooms use no topic of the listener, which costs half a kilobyte and pays only if one call reaches many: most rooms are those of a
 * single shopper.
 */
const nativeMembersMin = 4;

/** The channels that connections of this instance use; others cost nothing here. */
export class Rooms {
  readonly #options: RoomsOptions;
  readonly #rooms = new Map<string, Room>();
  readonly #opening = new Map<Room, Promise<void>>();
  /** Feeds that could not read their position although the broker is up. */
  readonly #behind = new Set<ChannelFeed>();
  readonly #source: FeedSource;

  constructor(options: RoomsOptions) {
    this.#options = options;
    const { broker, gapMax } = options;
    this.#source = { broker, gapMax, onBehind: (feed) => void this.#behind.add(feed) };
  }

  get size(): number {
    return this.#rooms.size;
  }

  all(): Iterable<Room> {
    return this.#rooms.values();
  }

  get(channel: string): Room | undefined {
    return this.#rooms.get(channel);
  }

  /**
   * Resolves when the channel is subscribed. Every `hold` MUST be followed by one `release`.
   *
   * @param coalesceMs how long frames may wait for this member; the minimum of all members applies
   */
  async hold(channel: string, coalesceMs = 0): Promise<Room> {
    let room = this.#rooms.get(channel);
    if (room === undefined) {
      room = new Room(channel, this.#options.delivery);
      this.#rooms.set(channel, room);
      this.#opening.set(room, this.#open(room));
    }
    room.holders += 1;
    room.coalesceMs = Math.min(room.coalesceMs, coalesceMs);
    await this.#opening.get(room);
    return room;
  }

  release(room: Room): void {
    room.holders -= 1;
    if (room.holders > 0 || this.#rooms.get(room.channel) !== room) return;
    this.#rooms.delete(room.channel);
    void room.feed?.close().catch(this.#options.onError);
  }

  /** Delivers the channel's frames to the connection from now on. */
  enter(room: Room, connection: Connection): void {
    room.flush();
    room.members += 1;
    room.addOther(connection);
    if (room.members === nativeMembersMin) for (const other of room.others()) this.settle(room, other);
    else this.settle(room, connection);
  }

  /** Moves a member from individual to native delivery if that is better. */
  settle(room: Room, connection: Connection): void {
    if (room.members < nativeMembersMin || !connection.isNative || connection.latest !== null) return;
    room.removeOther(connection);
    connection.socket?.subscribe(room.channel);
  }

  leave(room: Room, connection: Connection): void {
    room.flush();
    room.members -= 1;
    if (!room.removeOther(connection)) connection.socket?.unsubscribe(room.channel);
    this.release(room);
  }

  /** Sends everything that waits. */
  flush(): void {
    this.#options.delivery.coalescer.flush();
  }

  /** After an outage: checks every held channel, because one without new publications would never reveal what it missed. */
  async catchUp(): Promise<void> {
    await this.#catchUp([...this.#rooms.values()].flatMap(({ feed }) => feed ?? []));
  }

  /** Retries feeds that could not catch up. To be called periodically. */
  async catchUpLate(): Promise<void> {
    if (this.#behind.size === 0 || this.#options.broker.state === "down") return;
    const feeds = [...this.#behind];
    this.#behind.clear();
    await this.#catchUp(feeds);
  }

  async #catchUp(feeds: ChannelFeed[]): Promise<void> {
    const worker = async (): Promise<void> => {
      for (let feed = feeds.pop(); feed !== undefined; feed = feeds.pop()) await this.#catchUpOne(feed);
    };
    await Promise.all(Array.from({ length: catchUpsMax }, worker));
  }

  async #catchUpOne(feed: ChannelFeed): Promise<void> {
    if (feed.isClosed) return;
    try {
      await feed.catchUp();
    } catch (error) {
      this.#behind.add(feed);
      this.#options.onError(error);
    }
  }

  async #open(room: Room): Promise<void> {
    const { channel } = room;
    const feed = await ChannelFeed.open(this.#source, channel, room);
    room.feed = feed;
    this.#opening.delete(room);
    // the last member left while the channel was being opened
    if (this.#rooms.get(channel) !== room) await feed.close();
  }
}
