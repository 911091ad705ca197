import { CartwayError } from "@libs/errors";
import type { Connection } from "../connections/connection.ts";
import type { HubContext } from "../hub-context.ts";
import { askToJoin } from "../rooms/ask-to-join.ts";
import { checkNumber, enterRoom } from "../rooms/enter-room.ts";
import type { Gap } from "../rooms/gap.ts";
import { inTurn } from "../rooms/in-turn.ts";
import type { Room } from "../rooms/room.ts";
import { roomIdentityOf } from "../rooms/room-identity.ts";
import { roomJoined } from "../rooms/room-joined.ts";
import { findRoomRule, type RoomRule } from "../rooms/room-rule.ts";
import { answerWhenDone } from "./answer.ts";
import { readRoom, readSince } from "./read-payload.ts";
import type { OwnFrame } from "./registry.ts";

/**
 * Sends `room_joined`, then the frames missed since the given position, then the ack; afterwards the room's frames. Joining again returns
 * the position and the missed frames.
 */
export const joinRoom: OwnFrame = (hub, connection, frame) => {
  answerWhenDone(hub, connection, frame, async () => {
    const name = readRoom(frame);
    const since = readSince(frame);
    const notify = (room: Room, gap: Gap): void => {
      if (since !== null) hub.metrics.recoveries.with({ outcome: gap === null ? "lost" : "recovered" }).inc();
      hub.delivery.together([connection], () => {
        hub.delivery.send(connection, roomJoined(room, frame.id ?? null, gap !== null));
        for (const text of gap ?? []) hub.delivery.send(connection, text);
      });
    };
    await inTurn(connection, name, async () => {
      for (;;) {
        const rule = await allow(hub, connection, name);
        if (await enterRoom(hub, connection, { name, rule, since, notify })) return;
      }
    });
  });
};

/** @throws CartwayError `forbidden` */
async function allow(hub: HubContext, connection: Connection, name: string): Promise<RoomRule> {
  const { roomRules } = connection.slot.current;
  const rule = findRoomRule(roomRules, name, roomIdentityOf(connection));
  if (rule === null)
    throw new CartwayError("forbidden", { message: `This connection may not join ${name}.` });
  if (!connection.rooms.some((room) => room.name === name)) checkNumber(connection);
  await askToJoin(hub, connection, { name, rule });
  return rule;
}
