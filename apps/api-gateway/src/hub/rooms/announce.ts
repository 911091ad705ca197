import { writeFrame } from "@libs/messaging";
import type { Connection } from "../connections/connection.ts";
import type { HubContext } from "../hub-context.ts";
import type { Room } from "./room.ts";

/**
 * Notes who came and tells the room, on whichever instance its members are: once, by whom it made a difference. Again for one that is shown
 * already, whom the store may not have known of the first time.
 */
export async function show(hub: HubContext, room: Room, connection: Connection): Promise<void> {
  const showing = showAfter(connection.shown?.get(room), hub, room, connection);
  connection.shown ??= new Map();
  connection.shown.set(room, showing);
  await showing;
}

async function showAfter(
  before: Promise<void> | undefined,
  hub: HubContext,
  room: Room,
  { id: connectionId, userId }: Connection,
): Promise<void> {
  if (before !== undefined) await settled(before);
  const member = { connectionId, userId };
  if (await hub.broker.presence.join(room.channel, member)) await tell(hub, "member_joined", room, member);
}

/** The same for one who goes, whatever the rules say by now: nobody is left behind in a room that they were shown in. */
export async function hide(hub: HubContext, room: Room, connection: Connection): Promise<void> {
  const showing = connection.shown?.get(room);
  if (showing === undefined) return;
  connection.shown?.delete(room);
  await settled(showing);
  const member = { connectionId: connection.id, userId: connection.userId };
  if (await hub.broker.presence.leave(room.channel, connection.id))
    await tell(hub, "member_left", room, member);
}

async function tell(
  hub: HubContext,
  type: "member_joined" | "member_left",
  { channel }: Room,
  payload: { readonly connectionId: string; readonly userId: string | null },
): Promise<void> {
  await hub.broker.publish(channel, writeFrame({ type, payload }), { history: null });
}

/** Its failure was told to whom it concerned. */
function settled(work: Promise<void>): Promise<void> {
  return work.catch(() => undefined);
}
