import { writeFrame } from "@libs/messaging";
import type { Connection } from "../connections/connection.ts";
import type { HubContext } from "../hub-context.ts";
import type { Room } from "./room.ts";

/**
 * Records a new member and announces it to the room on all instances, once, by the instance that made the difference. Repeated for a member
 * that is listed already, because the store may have missed the first time.
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
  if (await hub.broker.presence.join(room.channel, member)) await publish(hub, "member_joined", room, member);
}

/** The same for a leaving member, whatever the current rules: no member may remain listed. */
export async function hide(hub: HubContext, room: Room, connection: Connection): Promise<void> {
  const showing = connection.shown?.get(room);
  if (showing === undefined) return;
  connection.shown?.delete(room);
  await settled(showing);
  const member = { connectionId: connection.id, userId: connection.userId };
  if (await hub.broker.presence.leave(room.channel, connection.id))
    await publish(hub, "member_left", room, member);
}

async function publish(
  hub: HubContext,
  type: "member_joined" | "member_left",
  { channel }: Room,
  payload: { readonly connectionId: string; readonly userId: string | null },
): Promise<void> {
  await hub.broker.publish(channel, writeFrame({ type, payload }), { history: null });
}

/** Its failure was reported to the member. */
function settled(work: Promise<void>): Promise<void> {
  return work.catch(() => undefined);
}
