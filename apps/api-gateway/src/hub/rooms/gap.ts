import type { HistoryRead, Position, Publication } from "@libs/messaging";
import type { HubContext } from "../hub-context.ts";
import type { Room } from "./room.ts";

export interface GapQuestion {
  readonly room: Room;
  /** The member's last position; `null` where it asks for no history. */
  readonly since: Position | null;
  readonly recoverMax: number;
}

/** The frames that were missed, up to the room's current position; `null` where some of them are gone. */
export type Gap = readonly string[] | null;

/**
 * Reads the history while the room goes on publishing. `deliver` runs in the same turn as the gap is found, so that the member gets the gap, then
 * the feed, with nothing missing or repeated between. Rejects with what `deliver` throws, and with `store_unavailable`.
 */
export async function withGap(
  hub: HubContext,
  { room, since, recoverMax }: GapQuestion,
  deliver: (gap: Gap) => void,
): Promise<void> {
  if (since === null) return deliver(null);
  const buffer = room.buffer();
  try {
    const read = await hub.broker.history(room.channel, since, recoverMax);
    deliver(gapOf(room, since, { read, buffered: buffer.publications }));
  } finally {
    buffer.end();
  }
}

interface Known {
  readonly read: HistoryRead;
  /** What the room published while the history was read. */
  readonly buffered: readonly Publication[];
}

function gapOf(room: Room, since: Position, { read, buffered }: Known): Gap {
  const { position } = room;
  if (!read.complete || position === null) return null;
  // nothing was published before: the feed has everything
  if (position.offset === 0) return [];
  if (position.epoch !== read.position.epoch) return null;
  const known = new Map(read.publications.map(({ offset, text }) => [offset, text]));
  for (const publication of buffered) {
    if (publication.position !== null) known.set(publication.position.offset, publication.text);
  }
  const texts: string[] = [];
  for (let offset = since.offset + 1; offset <= position.offset; offset++) {
    const text = known.get(offset);
    if (text === undefined) return null;
    texts.push(room.textOf(text, offset));
  }
  return texts;
}
