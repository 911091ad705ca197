import { writeFrame } from "@libs/messaging";
import type { Connection } from "../connections/connection.ts";
import type { HubContext } from "../hub-context.ts";
import type { Room } from "./room.ts";

/** Notes who came or went and tells the room, on whichever instance its members are: once, by whom it made a difference. */
export async function announce(
  hub: HubContext,
  type: "member_joined" | "member_left",
  room: Room,
  connection: Connection,
): Promise<void> {
  const { presence } = hub.broker;
  const member = { connectionId: connection.id, userId: connection.userId };
  const changed =
    type === "member_joined"
      ? await presence.join(room.channel, member)
      : await presence.leave(room.channel, connection.id);
  if (changed)
    await hub.broker.publish(room.channel, writeFrame({ type, payload: member }), { history: null });
}
