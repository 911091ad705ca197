import { CartwayError } from "@libs/errors";
import type { Position } from "@libs/messaging";
import type { Connection } from "../connections/connection.ts";
import type { HubContext } from "../hub-context.ts";
import { show } from "./announce.ts";
import { type Gap, withGap } from "./gap.ts";
import type { Room } from "./room.ts";
import { roomIdentityOf } from "./room-identity.ts";
import { findRoomRule, type RoomRule } from "./room-rule.ts";

export interface Entering {
  readonly name: string;
  /** The rule that allowed it. */
  readonly rule: RoomRule;
  readonly since: Position | null;
  /** Notifies the connection in the same turn in which it enters. */
  readonly notify: (room: Room, gap: Gap) => void;
}

/**
 * Puts a connection into a room, or only notifies it if it is in there already. False, with nothing done, if the rule is no longer the one
 * that decides: a reload or other claims of the caller may have taken the permission away. @throws CartwayError `gone`, `forbidden` beyond the maximum of rooms, `store_unavailable`
 */
export async function enterRoom(
  hub: HubContext,
  connection: Connection,
  { name, rule, since, notify }: Entering,
): Promise<boolean> {
  const room = await hub.rooms.hold(`room:${name}`, rule.coalesceMs);
  let [isHeldOnly, isAllowed] = [true, true];
  try {
    await withGap(hub, { room, since, recoverMax: rule.recoverMax }, (gap) => {
      if (!connection.isOpen) throw gone();
      isAllowed = findRoomRule(connection.slot.current.roomRules, name, roomIdentityOf(connection)) === rule;
      if (!isAllowed) return;
      room.flush();
      if (connection.rooms.includes(room)) return notify(room, gap);
      // other joins of the connection may have completed meanwhile
      checkNumber(connection);
      notify(room, gap);
      // the frames sent may have overflowed its queue
      if (!connection.isOpen) throw gone();
      connection.rooms.push(room);
      hub.rooms.enter(room, connection);
      isHeldOnly = false;
    });
  } finally {
    if (isHeldOnly) hub.rooms.release(room);
  }
  if (rule.presence && connection.rooms.includes(room)) await show(hub, room, connection);
  return isAllowed;
}

/** @throws CartwayError `forbidden` */
export function checkNumber({ rooms, slot }: Connection): void {
  const { roomsMax } = slot.current.config;
  if (rooms.length < roomsMax) return;
  throw new CartwayError("forbidden", { message: `A connection may be in ${roomsMax} rooms.` });
}

function gone(): CartwayError {
  return new CartwayError("gone", { message: "The connection was closed." });
}
