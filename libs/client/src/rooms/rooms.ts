import type { CartwayClientError, HubFrame } from "../wire.ts";

export interface RoomListener {
  /** Receives each frame of the room once and in order, across reconnects. */
  readonly onFrame: (frame: HubFrame) => void;
  /** Frames were lost: fetch what the page shows again. */
  readonly onGap?: () => void;
}

interface Position {
  readonly epoch: string;
  readonly offset: number;
}

interface Room {
  readonly name: string;
  readonly listeners: Set<RoomListener>;
  position: Position | null;
  /** Set while a gap is being filled; frames that arrive meanwhile are part of the answer. */
  isFilling: boolean;
}

export type Ask = (type: string, payload: unknown) => Promise<HubFrame | null>;

export interface RoomsOptions {
  readonly ask: Ask;
  readonly onError: (error: CartwayClientError, room: string) => void;
  /** Receives frames of rooms that the hub joined automatically, and that have no listener here. */
  readonly onFrame: (frame: HubFrame) => void;
}

/** The rooms of a page; after a reconnect they are joined again from their last position. */
export class Rooms {
  readonly #rooms = new Map<string, Room>();
  readonly #options: RoomsOptions;

  constructor(options: RoomsOptions) {
    this.#options = options;
  }

  /** Joins now, or once connected. @returns a function that leaves */
  join(name: string, listener: RoomListener, isOpen: boolean): () => void {
    const isNew = !this.#rooms.has(name);
    const room = this.#roomOf(name);
    room.listeners.add(listener);
    if (isNew && isOpen) this.#enter(room);
    return () => {
      room.listeners.delete(listener);
      if (room.listeners.size > 0 || !this.#rooms.delete(name)) return;
      this.#options.ask("leave_room", { room: name }).catch(() => undefined);
    };
  }

  /** @param given the rooms that the hub joined automatically */
  rejoin(given: readonly string[]): void {
    for (const name of given) this.#roomOf(name);
    for (const [name, room] of this.#rooms) {
      if (room.listeners.size > 0 || given.includes(name)) this.#enter(room);
      else this.#rooms.delete(name);
    }
  }

  #roomOf(name: string): Room {
    const room = this.#rooms.get(name) ?? { name, listeners: new Set(), position: null, isFilling: false };
    this.#rooms.set(name, room);
    return room;
  }

  /** True where the frame belongs to a room. */
  receive(frame: HubFrame): boolean {
    if (frame.type === "room_joined") {
      this.#joined(frame);
      return true;
    }
    if (frame.type === "room_lost") {
      const { room: name, epoch, offset } = frame.payload as Position & { room: string | null };
      const room = this.#rooms.get(name ?? "");
      if (room !== undefined) this.#lose(room, { epoch, offset });
      // the personal channel has no name
      return name !== null;
    }
    const room = frame.room === undefined ? undefined : this.#rooms.get(frame.room);
    if (room !== undefined) this.#take(room, frame);
    return frame.room !== undefined;
  }

  #joined({ id, payload }: HubFrame): void {
    const { room: name, epoch, offset, recovered } = payload as Joined;
    const room = this.#rooms.get(name);
    // without an id the hub has put the connection there: what was missed comes with the answer to `join_room`
    if (room === undefined || (id === undefined && room.position !== null)) return;
    room.isFilling = false;
    const before = room.position;
    if (recovered && before !== null) return;
    const position = epoch === null ? null : { epoch, offset };
    if (before !== null && (before.epoch !== epoch || before.offset !== offset)) this.#lose(room, position);
    else room.position = position;
  }

  #enter(room: Room): void {
    const { name, position } = room;
    const { ask, onError } = this.#options;
    ask("join_room", { room: name, since: position }).catch((error: CartwayClientError) => {
      if (!error.retryable) onError(error, name);
      else if (error.code !== "closed") this.#enterLater(room);
    });
  }

  #enterLater(room: Room): void {
    setTimeout(() => this.#rooms.get(room.name) === room && this.#enter(room), 2000);
  }

  #take(room: Room, frame: HubFrame): void {
    const { offset } = frame;
    if (offset === undefined || room.position === null) return this.#tell(room, frame);
    const next = room.position.offset + 1;
    if (offset < next || room.isFilling) return;
    if (offset > next) return void this.#fill(room);
    room.position = { ...room.position, offset };
    this.#tell(room, frame);
  }

  async #fill(room: Room): Promise<void> {
    room.isFilling = true;
    const question = { room: room.name, since: room.position };
    // after a failure joining again fills it: in a quiet room no further frame may come to reveal it
    const reply = await this.#options.ask("history", question).catch(() => this.#enterLater(room));
    room.isFilling = false;
    if (!reply) return;
    const { recovered, frames, epoch, offset } = reply.payload as Joined & { frames: HubFrame[] };
    if (!recovered) this.#lose(room, epoch === null ? null : { epoch, offset });
    else for (const frame of frames) this.#take(room, frame);
  }

  #lose(room: Room, position: Position | null): void {
    room.position = position;
    if (room.listeners.size === 0)
      this.#options.onFrame({ type: "room_lost", payload: { room: room.name, ...position } });
    for (const listener of room.listeners) listener.onGap?.();
  }

  #tell(room: Room, frame: HubFrame): void {
    if (room.listeners.size === 0) this.#options.onFrame(frame);
    for (const listener of room.listeners) listener.onFrame(frame);
  }
}

interface Joined {
  readonly room: string;
  readonly epoch: string | null;
  readonly offset: number;
  readonly recovered: boolean;
}
