import { CartwayError } from "@libs/errors";
import {
  type Frame,
  type HistoryRead,
  type Position,
  type Publication,
  type RoomJoinedPayload,
  writeReply,
} from "@libs/messaging";
import type { Connection } from "../connections/connection.ts";
import type { HubContext } from "../hub-context.ts";
import { callService } from "../messages/call-service.ts";
import { announce } from "../rooms/announce.ts";
import { roomIdentityOf } from "../rooms/room-identity.ts";
import type { Room } from "../rooms/room.ts";
import { findRoomRule, type RoomRule } from "../rooms/room-rule.ts";
import { answerWhenDone } from "./answer.ts";
import { readRoom, readSince } from "./read-payload.ts";
import type { OwnFrame } from "./registry.ts";

const askTimeoutMs = 5000;

/** `room_joined`, then what was missed since the given position, then the ack; from then on whatever the room carries. */
export const joinRoom: OwnFrame = (hub, connection, frame) => {
  answerWhenDone(hub, connection, frame, async () => {
    const name = readRoom(frame);
    const since = readSince(frame);
    const rule = await allow(hub, connection, name);
    const room = await hub.rooms.hold(`room:${name}`, name, rule.coalesceMs);
    if (!connection.isOpen || connection.rooms.includes(room)) reenter(hub, connection, frame, room);
    else {
      try {
        await enter({ hub, connection, frame, room, since, rule });
      } catch (error) {
        hub.rooms.release(room);
        throw error;
      }
    }
    if (!connection.rooms.includes(room)) return;
    // again for one that was in it: the store may have been away the first time
    if (rule.presence) await announce(hub, "member_joined", room, connection);
  });
};

/** @throws CartwayError `forbidden` */
async function allow(hub: HubContext, connection: Connection, name: string): Promise<RoomRule> {
  const { roomRules } = connection.slot.current;
  const rule = findRoomRule(roomRules, name, roomIdentityOf(connection));
  if (rule === null)
    throw new CartwayError("forbidden", { message: `This connection may not join ${name}.` });
  checkNumber(connection);
  if (rule.ask === null) return rule;
  const body = JSON.stringify({ room: name, userId: connection.userId, sessionId: connection.sessionId });
  const { principal } = connection;
  await callService(hub, { ...rule.ask, body, timeoutMs: askTimeoutMs, principal, work: "join_room" });
  return rule;
}

/** @throws CartwayError `forbidden` */
function checkNumber({ rooms, slot }: Connection): void {
  const { roomsMax } = slot.current.config;
  if (rooms.length < roomsMax) return;
  throw new CartwayError("forbidden", { message: `A connection may be in ${roomsMax} rooms.` });
}

/** Joined again, or closed meanwhile: nothing changes but the answer, which comes after what the room has carried by then. */
function reenter(hub: HubContext, connection: Connection, frame: Frame, room: Room): void {
  room.flush();
  hub.rooms.release(room);
  sendJoined(hub, connection, frame, joinedPayload(room, false));
}

interface Entering {
  readonly hub: HubContext;
  readonly connection: Connection;
  readonly frame: Frame;
  readonly room: Room;
  readonly since: Position | null;
  readonly rule: RoomRule;
}

/**
 * History is read while the room goes on: what it publishes meanwhile is kept for the joiner. In one step then: the answer,
 * the gap up to where the room's feed stands, and entering the room. What comes after that place comes through the feed.
 */
async function enter({ hub, connection, frame, room, since, rule }: Entering): Promise<void> {
  const buffer = room.buffer();
  try {
    const read = since === null ? null : await hub.broker.history(room.channel, since, rule.recoverMax);
    if (!connection.isOpen) throw gone();
    // again: others of its joins may have been under way at the same time
    checkNumber(connection);
    const gap = since === null || read === null ? null : gapOf(room, since, read, buffer.publications);
    if (since !== null) hub.metrics.recoveries.with({ outcome: gap === null ? "lost" : "recovered" }).inc();
    hub.delivery.together([connection], () => {
      sendJoined(hub, connection, frame, joinedPayload(room, gap !== null));
      for (const text of gap ?? []) hub.delivery.send(connection, text);
    });
    // what was sent may have been too much for it
    if (!connection.isOpen) throw gone();
    connection.rooms.push(room);
    hub.rooms.enter(room, connection);
  } finally {
    buffer.end();
  }
}

function gone(): CartwayError {
  return new CartwayError("gone", { message: "The connection was closed." });
}

/** What the joiner missed, up to where the room's feed stands now; `null` where it cannot be given whole. */
function gapOf(
  room: Room,
  since: Position,
  read: HistoryRead,
  buffered: readonly Publication[],
): readonly string[] | null {
  const { position } = room;
  if (!read.complete || position === null || position.epoch !== read.position.epoch) return null;
  const known = new Map(read.publications.map(({ offset, text }) => [offset, text]));
  for (const publication of buffered) {
    if (publication.position !== null) known.set(publication.position.offset, publication.text);
  }
  const texts: string[] = [];
  for (let offset = since.offset + 1; offset <= position.offset; offset++) {
    const text = known.get(offset);
    if (text === undefined) return null;
    texts.push(room.textOf(text, offset));
  }
  return texts;
}

function joinedPayload(room: Room, recovered: boolean): RoomJoinedPayload {
  const { position } = room;
  return { room: room.name ?? "", epoch: position?.epoch ?? null, offset: position?.offset ?? 0, recovered };
}

function sendJoined(hub: HubContext, connection: Connection, frame: Frame, payload: RoomJoinedPayload): void {
  hub.delivery.send(connection, writeReply("room_joined", frame.id ?? null, JSON.stringify(payload)));
}
