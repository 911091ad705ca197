import { type RoomJoinedPayload, writeReply } from "@libs/messaging";
import type { Room } from "./room.ts";

/**
 * `room_joined` as text: where the room stands as its member enters it.
 * @param id of the `join_room` that it answers; `null` where the hub put the connection into the room
 */
export function roomJoined(room: Room, id: string | null, recovered: boolean): string {
  return writeReply("room_joined", id, JSON.stringify(standingOf(room, recovered)));
}

/** Where a room stands, as `room_joined` and `history` tell it. */
export function standingOf({ name, position }: Room, recovered: boolean): RoomJoinedPayload {
  return { room: name ?? "", epoch: position?.epoch ?? null, offset: position?.offset ?? 0, recovered };
}
