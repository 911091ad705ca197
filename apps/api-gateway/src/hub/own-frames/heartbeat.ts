import type { OwnFrame } from "./registry.ts";

const noId = '{"type":"heartbeat"}';

/** Answers a heartbeat with a heartbeat, or with an ack if it has an id. */
export const heartbeat: OwnFrame = (hub, connection, frame) => {
  hub.metrics.framesReceived.with({ type: "heartbeat", outcome: "accepted" }).inc();
  if (frame.id === undefined) hub.delivery.send(connection, noId);
  else hub.delivery.ack(connection, frame.id);
};
