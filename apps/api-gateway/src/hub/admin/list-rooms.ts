import type { PresenceList } from "@libs/messaging";
import type { HubContext } from "../hub-context.ts";

export interface RoomInfo {
  /** With its kind: `room:cart:…`, `user:…`. */
  readonly channel: string;
  /** Members on this instance. */
  readonly members: number;
  readonly offset: number | null;
}

/** Channels that this instance holds, by prefix, the fullest first. */
export function listRooms(
  hub: HubContext,
  { prefix = "", limit }: { readonly prefix?: string; readonly limit: number },
): readonly RoomInfo[] {
  const rooms: RoomInfo[] = [];
  for (const { channel, members, position } of hub.rooms.all()) {
    if (channel.startsWith(prefix)) rooms.push({ channel, members, offset: position?.offset ?? null });
  }
  return rooms.toSorted((first, second) => second.members - first.members).slice(0, limit);
}

/** The members of a channel on all instances, for rules with presence. Rejects with `store_unavailable`. */
export function listMembers(hub: HubContext, channel: string, limit: number): Promise<PresenceList> {
  return hub.broker.presence.list(channel, limit);
}
