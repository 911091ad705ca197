import type { Latencies } from "@libs/measuring";
import { frameOf } from "@libs/testing";
import { benchToken } from "./peers/cartway.ts";
import { type FrameReader, readFrames } from "./read-frames.ts";

export interface Heard {
  frames: number;
  /** Gaps in offsets, per member and room. */
  gaps: number;
  /** Latency from publishing to receiving, of every thousandth frame. */
  readonly delays: Latencies;
}

export interface RoomMembersOptions {
  readonly port: number;
  readonly connections: number;
  /** Numbers of the rooms `shop:N` that a connection joins. */
  readonly roomsOf: (index: number) => readonly number[];
  readonly delays: Latencies;
}

export interface RoomMembers {
  readonly heard: Heard;
  close(): void;
}

interface Member {
  terminate(): void;
}

/** Concurrent handshakes. */
const opening = 100;

/**
 * Opens connections, joins their rooms, and counts the frames of each. On raw sockets, reading bytes: a client that made an event and a
 * text of each frame took more of a processor than the hub, so that the client's limit would be measured.
 */
export async function openRoomMembers(options: RoomMembersOptions): Promise<RoomMembers> {
  const heard: Heard = { frames: 0, gaps: 0, delays: options.delays };
  const members: Member[] = [];
  let next = 0;
  const opener = async (): Promise<void> => {
    while (next < options.connections) members.push(await openOne(options, heard, next++));
  };
  await Promise.all(Array.from({ length: opening }, opener));
  return {
    heard,
    close() {
      for (const member of members) member.terminate();
    },
  };
}

async function openOne({ port, roomsOf }: RoomMembersOptions, heard: Heard, index: number): Promise<Member> {
  const rooms = roomsOf(index);
  const joined = Promise.withResolvers<void>();
  const counter = new RoomCounter(heard);
  let acks = 0;
  let isUpgraded = false;
  const reader: FrameReader = readFrames((bytes, start, end) => {
    if (counter.take(bytes, start, end)) return;
    const text = bytes.toString("latin1", start, end);
    if (text.startsWith('{"type":"room_joined"')) counter.joined(text);
    if (text.startsWith('{"type":"error"')) joined.reject(new Error(text));
    if (text.startsWith('{"type":"ack"') && ++acks === rooms.length) joined.resolve();
  });
  const joins = rooms.map((room) =>
    frameOf(`{"type":"join_room","id":"j-${room}","payload":{"room":"shop:${room}"}}`),
  );
  let unsent = Buffer.concat([Buffer.from(upgradeOf(index)), ...joins]);
  const send = (to: { write(bytes: Uint8Array): number }): void => {
    unsent = unsent.subarray(to.write(unsent));
  };
  const socket = await Bun.connect({
    hostname: `127.0.0.${1 + (index % 4)}`,
    port,
    socket: {
      open: send,
      drain: send,
      data(_, bytes) {
        if (isUpgraded) return reader.push(bytes);
        isUpgraded = true;
        reader.push(bytes.subarray(bytes.indexOf("\r\n\r\n") + 4));
      },
      close: () => joined.reject(new Error(`connection ${index} was closed`)),
    },
  });
  await joined.promise;
  return socket;
}

function upgradeOf(index: number): string {
  return [
    "GET /held HTTP/1.1",
    "Host: 127.0.0.1",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${Buffer.alloc(16, index).toString("base64")}`,
    `Authorization: Bearer ${benchToken(`shopper-${index}`)}`,
    "\r\n",
  ].join("\r\n");
}

const sampleOf = 1000;
/** Matches a frame as the hub writes it: room and offset come first. */
const begin = Buffer.from('{"room":"shop:');
const between = Buffer.byteLength('","offset":');
const publishedAt = /"at":([\d.]+)/;
const joinedAt = /"room":"shop:(\d+)","epoch":"[^"]*","offset":(\d+)/;

/** Checks the offsets of one connection's frames. */
class RoomCounter {
  readonly #heard: Heard;
  readonly #last = new Map<number, number>();
  /** The end of the last number. */
  #end = 0;

  constructor(heard: Heard) {
    this.#heard = heard;
  }

  /** Records a room's position on joining, if the hub could read it; otherwise its first frame counts. */
  joined(text: string): void {
    const [, room, offset] = joinedAt.exec(text) ?? [];
    if (room !== undefined) this.#last.set(Number(room), Number(offset));
  }

  /** False for frames that are not of a room. */
  take(bytes: Buffer, start: number, end: number): boolean {
    // the third byte distinguishes it from the hub's own frames, which begin with their type
    if (bytes[start + 2] !== begin[2]) return false;
    const heard = this.#heard;
    const room = this.#number(bytes, start + begin.length);
    const offset = this.#number(bytes, this.#end + between);
    const last = this.#last.get(room);
    if (last !== undefined && offset !== last + 1) heard.gaps += 1;
    this.#last.set(room, offset);
    heard.frames += 1;
    if (heard.frames % sampleOf !== 0) return true;
    const text = bytes.toString("latin1", start, end);
    heard.delays.add(performance.now() - Number(publishedAt.exec(text)?.[1] ?? 0));
    return true;
  }

  #number(bytes: Buffer, start: number): number {
    let value = 0;
    let at = start;
    for (let digit = (bytes[at] ?? 0) - 48; digit >= 0 && digit <= 9; digit = (bytes[at] ?? 0) - 48) {
      value = value * 10 + digit;
      at += 1;
    }
    this.#end = at;
    return value;
  }
}
