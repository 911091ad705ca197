import { CartwayError } from "@libs/errors";
import { writeReply } from "@libs/messaging";
import { withGap } from "../rooms/gap.ts";
import { roomIdentityOf } from "../rooms/room-identity.ts";
import { standingOf } from "../rooms/room-joined.ts";
import { findRoomRule } from "../rooms/room-rule.ts";
import { answerWhenDone } from "./answer.ts";
import { readRoom, readSince } from "./read-payload.ts";
import type { OwnFrame } from "./registry.ts";

/**
 * Returns in one frame what a room carried after a position, to a member, without joining again. It extends to the position that the room
 * has reached for this connection, so that a client can drop frames that arrive before the answer.
 */
export const history: OwnFrame = (hub, connection, frame) => {
  answerWhenDone(hub, connection, frame, async () => {
    const name = readRoom(frame);
    const since = readSince(frame);
    const room = connection.rooms.find((candidate) => candidate.name === name);
    const rule = findRoomRule(connection.slot.current.roomRules, name, roomIdentityOf(connection));
    if (room === undefined || rule === null) {
      throw new CartwayError("forbidden", { message: `This connection is not in ${name}.` });
    }
    await withGap(hub, { room, since, recoverMax: rule.recoverMax }, (gap) => {
      room.flush();
      const head = JSON.stringify(standingOf(room, gap !== null)).slice(0, -1);
      const frames = (gap ?? []).join(",");
      hub.delivery.send(connection, writeReply("history", frame.id ?? null, `${head},"frames":[${frames}]}`));
    });
  });
};
