import { toCartwayError } from "@libs/errors";
import type { Connection } from "../connections/connection.ts";
import type { HubContext } from "../hub-context.ts";
import { enterRoom } from "./enter-room.ts";
import { inTurn } from "./in-turn.ts";
import type { Room } from "./room.ts";
import { roomJoined } from "./room-joined.ts";
import { roomIdentityOf } from "./room-identity.ts";
import { nameOwnRoom } from "./room-pattern.ts";
import { findRoomRule, type RoomRule } from "./room-rule.ts";

const noRooms: ReadonlyMap<string, RoomRule> = new Map();

/** The rooms that a connection joins automatically by the current rules, each with its rule. */
export function roomsAtConnect(connection: Connection): ReadonlyMap<string, RoomRule> {
  const { roomRules } = connection.slot.current;
  if (!roomRules.some(({ atConnect }) => atConnect)) return noRooms;
  const identity = roomIdentityOf(connection);
  const rooms = new Map<string, RoomRule>();
  for (const rule of roomRules) {
    if (!rule.atConnect) continue;
    const name = nameOwnRoom(rule.pattern, identity);
    // as for all rooms, the first rule whose pattern matches decides
    if (name !== null && findRoomRule(roomRules, name, identity) === rule) rooms.set(name, rule);
  }
  return rooms;
}

/** Does not reject: a connection that cannot join its rooms is closed, and its client connects again. */
export async function joinAtConnect(
  hub: HubContext,
  connection: Connection,
  rooms: ReadonlyMap<string, RoomRule>,
): Promise<void> {
  await Promise.all(
    [...rooms].map(([name, rule]) => inTurn(connection, name, () => join(hub, connection, { name, rule }))),
  );
}

async function join(
  hub: HubContext,
  connection: Connection,
  { name, rule }: { readonly name: string; readonly rule: RoomRule },
): Promise<void> {
  // so that a client knows its position even if the connection ends before it asks
  const notify = (room: Room): void => void hub.delivery.send(connection, roomJoined(room, null, false));
  try {
    for (let current: RoomRule | undefined = rule; ; current = roomsAtConnect(connection).get(name)) {
      if (current === undefined) return hub.delivery.close(connection, "forcedReconnect");
      if (await enterRoom(hub, connection, { name, rule: current, since: null, notify })) return;
    }
  } catch (thrown) {
    if (!connection.isOpen) return;
    const { code, internal } = toCartwayError(thrown);
    hub.warnings.warn("a room at connect", { code, internal });
    // a member, but not listed: the presence heartbeat adds it
    if (!connection.rooms.some((room) => room.name === name)) hub.delivery.close(connection, "internal");
  }
}
