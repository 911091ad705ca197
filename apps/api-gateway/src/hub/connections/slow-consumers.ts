import type { HubContext } from "../hub-context.ts";
import type { Connection } from "./connection.ts";

/** Applies the configured policy to a client that reads too slowly. Called by the sweep. */
export function checkConsumer(hub: HubContext, connection: Connection, waitingBytes: number): void {
  const { queueBytesMax, slowConsumer } = connection.slot.current.limits;
  if (waitingBytes <= queueBytesMax / 2 || connection.latest !== null) return;
  if (slowConsumer === "latest") return keepLatest(connection);
  if (waitingBytes <= queueBytesMax) return;
  hub.metrics.drops.with({ reason: "slow_consumer" }).inc();
  hub.delivery.close(connection, "slow");
}

/** Keeps only the last frames of each room for the client from now on. Those of its own channel are queued as its answers are. */
function keepLatest(connection: Connection): void {
  connection.latest = new Map();
  for (const room of connection.rooms) {
    connection.socket?.unsubscribe(room.channel);
    room.addOther(connection);
  }
}

/** The client has caught up: sends it the last frames, whose offsets reveal what it missed, and resumes normal delivery. */
export function resumeConsumer(hub: HubContext, connection: Connection): void {
  const { latest } = connection;
  if (latest === null) return;
  connection.latest = null;
  for (const text of latest.values()) hub.delivery.send(connection, text);
  if (!connection.isOpen || !connection.isNative) return;
  for (const room of connection.rooms) hub.rooms.settle(room, connection);
}

/** What of a room's frames supersedes what: only frames with an offset reveal others that were superseded. */
const kinds = ["lost", "placed", "unplaced"] as const;
const placedStart = /^\{"room":"[^"]*","offset":/;

function kindOf(text: string): (typeof kinds)[number] {
  if (text.startsWith('{"type":"room_lost"')) return "lost";
  return placedStart.test(text) ? "placed" : "unplaced";
}

/** The room was left: nothing of it may follow. */
export function forgetLatest({ latest }: Connection, channel: string): void {
  for (const kind of kinds) latest?.delete(`${channel} ${kind}`);
}

/** Delivers a publication to one connection that the listener's own publish does not reach. */
export function deliverTo(hub: HubContext, connection: Connection, channel: string, text: string): void {
  if (connection.latest === null && isFallingBehind(connection)) keepLatest(connection);
  const { latest, personal } = connection;
  if (latest === null || personal?.channel === channel) return void hub.delivery.send(connection, text);
  const key = `${channel} ${kindOf(text)}`;
  // moved to the end: what follows a loss must be sent after it
  if (latest.delete(key)) hub.metrics.drops.with({ reason: "superseded" }).inc();
  latest.set(key, text);
}

/** Checked per publication too: a burst could fill the queue between two sweeps. */
function isFallingBehind({ slot, socket }: Connection): boolean {
  const { queueBytesMax, slowConsumer } = slot.current.limits;
  return slowConsumer === "latest" && (socket?.getBufferedAmount() ?? 0) > queueBytesMax / 2;
}
