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

/** Keeps only the last frame of each channel for the client from now on. */
function keepLatest(connection: Connection): void {
  connection.latest = new Map();
  for (const room of channelsOf(connection)) {
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
  for (const room of channelsOf(connection)) hub.rooms.settle(room, connection);
}

/** Delivers a publication to one connection that the listener's own publish does not reach. */
export function deliverTo(hub: HubContext, connection: Connection, channel: string, text: string): void {
  if (connection.latest === null && isFallingBehind(connection)) keepLatest(connection);
  const { latest } = connection;
  if (latest === null) return void hub.delivery.send(connection, text);
  if (latest.has(channel)) hub.metrics.drops.with({ reason: "superseded" }).inc();
  latest.set(channel, text);
}

/** Checked per publication too: a burst could fill the queue between two sweeps. */
function isFallingBehind({ slot, socket }: Connection): boolean {
  const { queueBytesMax, slowConsumer } = slot.current.limits;
  return slowConsumer === "latest" && (socket?.getBufferedAmount() ?? 0) > queueBytesMax / 2;
}

function channelsOf({ rooms, personal }: Connection): readonly Connection["rooms"][number][] {
  return personal === null ? rooms : [...rooms, personal];
}
