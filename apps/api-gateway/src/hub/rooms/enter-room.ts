import { CartwayError } from "@libs/errors";
import type { Position } from "@libs/messaging";
import type { Connection } from "../connections/connection.ts";
import type { HubContext } from "../hub-context.ts";
import { show } from "./announce.ts";
import { type Gap, withGap } from "./gap.ts";
import type { Room } from "./room.ts";
import type { RoomRule } from "./room-rule.ts";

export interface Entering {
  readonly name: string;
  /** What allowed it. */
  readonly rule: RoomRule;
  readonly since: Position | null;
  /** Tells the connection, in one step with its entering. */
  readonly tell: (room: Room, gap: Gap) => void;
}

/**
 * Puts a connection into a room, or only tells one that is in it. False, and nothing done, where a reload came between: what was allowed may
 * not be any more. @throws CartwayError `gone`, `forbidden` for one room too many, `store_unavailable`
 */
export async function enterRoom(
  hub: HubContext,
  connection: Connection,
  { name, rule, since, tell }: Entering,
): Promise<boolean> {
  const room = await hub.rooms.hold(`room:${name}`, rule.coalesceMs);
  let [isHeldOnly, isAllowed] = [true, true];
  try {
    await withGap(hub, { room, since, recoverMax: rule.recoverMax }, (gap) => {
      if (!connection.isOpen) throw gone();
      isAllowed = connection.slot.current.roomRules.includes(rule);
      if (!isAllowed) return;
      room.flush();
      if (connection.rooms.includes(room)) return tell(room, gap);
      // others of its joins may have been under way at the same time
      checkNumber(connection);
      tell(room, gap);
      // what was sent may have been too much for it
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
