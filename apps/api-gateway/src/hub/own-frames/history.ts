import { CartwayError } from "@libs/errors";
import { writeReply } from "@libs/messaging";
import { roomIdentityOf } from "../rooms/room-identity.ts";
import { findRoomRule } from "../rooms/room-rule.ts";
import { answerWhenDone } from "./answer.ts";
import { readRoom, readSince } from "./read-payload.ts";
import type { OwnFrame } from "./registry.ts";

/** What a room that the connection is in carried after a position, in one frame: fills a gap without joining again. */
export const history: OwnFrame = (hub, connection, frame) => {
  answerWhenDone(hub, connection, frame, async () => {
    const name = readRoom(frame);
    const since = readSince(frame);
    const room = connection.rooms.find((candidate) => candidate.name === name);
    const rule = findRoomRule(connection.slot.current.roomRules, name, roomIdentityOf(connection));
    if (room === undefined || rule === null) {
      throw new CartwayError("forbidden", { message: `This connection is not in ${name}.` });
    }
    const { position, complete, publications } = await hub.broker.history(
      room.channel,
      since,
      rule.recoverMax,
    );
    const frames = publications.map(({ offset, text }) => room.textOf(text, offset)).join(",");
    const head = JSON.stringify({ room: name, ...position, recovered: complete }).slice(0, -1);
    hub.delivery.send(connection, writeReply("history", frame.id ?? null, `${head},"frames":[${frames}]}`));
  });
};
