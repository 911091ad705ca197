import { type RoomJoinedPayload, writeReply } from "@libs/messaging";
import type { Room } from "./room.ts";

/**
 * The text of `room_joined`, with the room's position when its member enters. @param id of the `join_room` frame; `null` for rooms joined
 * at connect
 */
export function roomJoined(room: Room, id: string | null, recovered: boolean): string {
  return writeReply("room_joined", id, JSON.stringify(standingOf(room, recovered)));
}

/** A room's position, as in `room_joined` and `history`. */
export function standingOf({ name, position }: Room, recovered: boolean): RoomJoinedPayload {
  return { room: name ?? "", epoch: position?.epoch ?? null, offset: position?.offset ?? 0, recovered };
}
