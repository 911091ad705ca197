import type { CartwayClientError, HubFrame } from "../wire.ts";

export interface RoomListener {
  /** Each frame of the room once and in order, over any number of reconnects. */
  readonly onFrame: (frame: HubFrame) => void;
  /** Frames were missed that cannot be given any more: fetch what the page shows anew. */
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
  /** Asking for what a jump of the offset left out; what comes meanwhile comes with the answer. */
  isFilling: boolean;
}

export type Ask = (type: string, payload: unknown) => Promise<HubFrame | null>;

export interface RoomsOptions {
  readonly ask: Ask;
  readonly onError: (error: CartwayClientError, room: string) => void;
  /** What a room carries that the hub put the connection into and that nobody here listens to. */
  readonly onFrame: (frame: HubFrame) => void;
}

/** The rooms a page is in: joined again after each reconnect from where it stood. */
export class Rooms {
  readonly #rooms = new Map<string, Room>();
  readonly #options: RoomsOptions;

  constructor(options: RoomsOptions) {
    this.#options = options;
  }

  /** Returns what ends it. The room is joined now, or as soon as there is a connection. */
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

  /** @param given those that the hub has put the connection into by itself */
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

  /** True where the frame was a room's. */
  receive(frame: HubFrame): boolean {
    if (frame.type === "room_lost") {
      const { room: name, epoch, offset } = frame.payload as Position & { room: string | null };
      const room = this.#rooms.get(name ?? "");
      if (room !== undefined) this.#lose(room, { epoch, offset });
      // that of the own channel has no name
      return name !== null;
    }
    const room = frame.room === undefined ? undefined : this.#rooms.get(frame.room);
    if (room !== undefined) this.#take(room, frame);
    return frame.room !== undefined;
  }

  joined(frame: HubFrame): void {
    const { room: name, epoch, offset, recovered } = frame.payload as Joined;
    const room = this.#rooms.get(name);
    if (room === undefined) return;
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
      else if (error.code !== "closed")
        setTimeout(() => this.#rooms.get(name) === room && this.#enter(room), 2000);
    });
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
    try {
      const reply = await this.#options.ask("history", { room: room.name, since: room.position });
      room.isFilling = false;
      if (reply === null) return;
      const { recovered, frames, epoch, offset } = reply.payload as Joined & { frames: HubFrame[] };
      if (!recovered) this.#lose(room, epoch === null ? null : { epoch, offset });
      else for (const frame of frames) this.#take(room, frame);
    } catch {
      // the next frame of the room shows the gap again
      room.isFilling = false;
    }
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
