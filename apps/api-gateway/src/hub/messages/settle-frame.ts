import type { CartwayError } from "@libs/errors";
import { frameDone, frameStarted } from "../connections/flow-control.ts";
import type { HubContext } from "../hub-context.ts";
import type { PendingFrame } from "./pending-frame.ts";

/** Counts a frame as in flight. */
export function begin(hub: HubContext, { connection, bytes }: PendingFrame): void {
  hub.state.inFlight += 1;
  hub.state.inFlightBytes += bytes;
  frameStarted(connection, bytes);
}

/** Counts a frame as completed. */
export function end(hub: HubContext, { connection, bytes }: PendingFrame): void {
  hub.state.inFlight -= 1;
  hub.state.inFlightBytes -= bytes;
  frameDone(connection, bytes);
}

/** Sends the frame's only ack. */
export function acknowledge(
  hub: HubContext,
  { connection, route, id, key, hash, receivedAt }: PendingFrame,
): void {
  if (key !== null) hub.knownIds.acknowledge(key, hash);
  if (route.ack === "none") return;
  route.latency.observe((performance.now() - receivedAt) / 1000);
  hub.delivery.ack(connection, id);
}

/** Sends the frame's only error. A frame that was acknowledged as received is only counted, because its sender has its answer. */
export function fail(
  hub: HubContext,
  { connection, route, id, key }: PendingFrame,
  error: CartwayError,
  retryable?: boolean,
): void {
  route.failed.inc();
  if (route.ack === "received") return hub.metrics.drops.with({ reason: "received_not_delivered" }).inc();
  if (key !== null) hub.knownIds.forget(key);
  const { code, message, details } = error;
  hub.delivery.error(connection, {
    id,
    code,
    message,
    ...(details === undefined ? {} : { details }),
    ...(retryable === undefined ? {} : { retryable }),
  });
}
