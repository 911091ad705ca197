import { CartwayError } from "@libs/errors";
import { writeReply } from "@libs/messaging";
import { roomIdentityOf } from "../rooms/room-identity.ts";
import { findRoomRule } from "../rooms/room-rule.ts";
import { answerWhenDone } from "./answer.ts";
import { readRoom } from "./read-payload.ts";
import type { OwnFrame } from "./registry.ts";

const membersMax = 1000;

/** The members of a room that the connection is in, on all instances: their count, and the first thousand. */
export const presence: OwnFrame = (hub, connection, frame) => {
  answerWhenDone(hub, connection, frame, async () => {
    const name = readRoom(frame);
    const rule = findRoomRule(connection.slot.current.roomRules, name, roomIdentityOf(connection));
    const isMember = connection.rooms.some((room) => room.name === name);
    if (rule?.presence !== true || !isMember) {
      throw new CartwayError("forbidden", {
        message: `This connection may not list the members of ${name}.`,
      });
    }
    const { count, members } = await hub.broker.presence.list(`room:${name}`, membersMax);
    const payload = JSON.stringify({ room: name, count, members });
    hub.delivery.send(connection, writeReply("presence", frame.id ?? null, payload));
  });
};
