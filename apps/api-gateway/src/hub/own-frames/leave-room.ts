import { CartwayError } from "@libs/errors";
import type { Connection } from "../connections/connection.ts";
import { forgetLatest } from "../connections/slow-consumers.ts";
import type { HubContext } from "../hub-context.ts";
import { hide } from "../rooms/announce.ts";
import { inTurn } from "../rooms/in-turn.ts";
import type { Room } from "../rooms/room.ts";
import { answerWhenDone } from "./answer.ts";
import { readRoom } from "./read-payload.ts";
import type { OwnFrame } from "./registry.ts";

/** No frame of the room follows the ack. Leaving a room that the connection is not in is an error. */
export const leaveRoom: OwnFrame = (hub, connection, frame) => {
  answerWhenDone(hub, connection, frame, async () => {
    const name = readRoom(frame);
    await inTurn(connection, name, async () => {
      const room = connection.rooms.find((candidate) => candidate.name === name);
      if (room === undefined)
        throw new CartwayError("not_found", { message: `This connection is not in ${name}.` });
      connection.rooms.splice(connection.rooms.indexOf(room), 1);
      await leave(hub, connection, room);
    });
  });
};

/** Leaves a room, and announces it if the room's presence listed the connection. */
export async function leave(hub: HubContext, connection: Connection, room: Room): Promise<void> {
  hub.rooms.leave(room, connection);
  forgetLatest(connection, room.channel);
  await hide(hub, room, connection);
}
