import type { OwnFrame } from "./registry.ts";

const noId = '{"type":"heartbeat"}';

/** A heartbeat is answered by one, or by its ack where it has an id: either way the client hears that the hub is there. */
export const heartbeat: OwnFrame = (hub, connection, frame) => {
  hub.metrics.framesReceived.with({ type: "heartbeat", outcome: "accepted" }).inc();
  if (frame.id === undefined) hub.delivery.send(connection, noId);
  else hub.delivery.ack(connection, frame.id);
};
