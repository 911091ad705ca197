import type { HubContext } from "../hub-context.ts";
import type { Connection } from "./connection.ts";

/** What happens to a client that reads too slowly, as the config says. Called by the sweep. */
export function checkConsumer(hub: HubContext, connection: Connection, waitingBytes: number): void {
  const { queueBytesMax, slowConsumer } = connection.slot.current.limits;
  if (waitingBytes <= queueBytesMax / 2 || connection.latest !== null) return;
  if (slowConsumer === "latest") return keepLatest(connection);
  if (waitingBytes <= queueBytesMax) return;
  hub.metrics.drops.with({ reason: "slow_consumer" }).inc();
  hub.delivery.close(connection, "slow");
}

/** From here on only the last frame of each of its channels waits for the client. */
function keepLatest(connection: Connection): void {
  connection.latest = new Map();
  for (const room of channelsOf(connection)) {
    connection.socket?.unsubscribe(room.channel);
    room.addOther(connection);
  }
}

/** The client has read everything: it gets the last frames, sees by their offsets what it missed, and is as any other. */
export function resumeConsumer(hub: HubContext, connection: Connection): void {
  const { latest } = connection;
  if (latest === null) return;
  connection.latest = null;
  for (const text of latest.values()) hub.delivery.send(connection, text);
  if (!connection.isOpen || !connection.isNative) return;
  for (const room of channelsOf(connection)) hub.rooms.settle(room, connection);
}

/** A publication for one connection that the server does not deliver to by itself. */
export function deliverTo(hub: HubContext, connection: Connection, channel: string, text: string): void {
  if (connection.latest === null && isFallingBehind(connection)) keepLatest(connection);
  const { latest } = connection;
  if (latest === null) return void hub.delivery.send(connection, text);
  if (latest.has(channel)) hub.metrics.drops.with({ reason: "superseded" }).inc();
  latest.set(channel, text);
}

/** Before it is closed for what waits: the sweep comes too late for a burst. */
function isFallingBehind({ slot, socket }: Connection): boolean {
  const { queueBytesMax, slowConsumer } = slot.current.limits;
  return slowConsumer === "latest" && (socket?.getBufferedAmount() ?? 0) > queueBytesMax / 2;
}

function channelsOf({ rooms, personal }: Connection): readonly Connection["rooms"][number][] {
  return personal === null ? rooms : [...rooms, personal];
}
