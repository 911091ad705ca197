import type { HistoryRead, Position, Publication } from "@libs/messaging";
import type { HubContext } from "../hub-context.ts";
import type { Room } from "./room.ts";

export interface GapQuestion {
  readonly room: Room;
  /** Where somebody stood; `null` where they ask for nothing past. */
  readonly since: Position | null;
  readonly recoverMax: number;
}

/** What was missed since then, as texts for members, up to where the room's feed stands now; `null` where it cannot be given whole. */
export type Gap = readonly string[] | null;

/**
 * Reads the history while the room goes on: what it publishes meanwhile is kept. `handOut` runs in one step with finding the gap: what comes after
 * the feed's place comes through the feed, and nothing between. Rejects with what `handOut` throws, and with `store_unavailable`.
 */
export async function withGap(
  hub: HubContext,
  { room, since, recoverMax }: GapQuestion,
  handOut: (gap: Gap) => void,
): Promise<void> {
  if (since === null) return handOut(null);
  const buffer = room.buffer();
  try {
    const read = await hub.broker.history(room.channel, since, recoverMax);
    handOut(gapOf(room, since, read, buffer.publications));
  } finally {
    buffer.end();
  }
}

function gapOf(room: Room, since: Position, read: HistoryRead, buffered: readonly Publication[]): Gap {
  const { position } = room;
  if (!read.complete || position === null) return null;
  // all that there is comes through the feed
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
