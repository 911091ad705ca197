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
 * What a room that the connection is in carried after a position, in one frame: fills a gap without joining again. It reaches up to what the
 * room has carried to the connection by then: a client that drops what comes before its answer misses nothing.
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
