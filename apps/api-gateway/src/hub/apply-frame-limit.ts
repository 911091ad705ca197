import type { Frame } from "@libs/messaging";
import type { Connection } from "./connections/connection.ts";
import { frameDone, hasTooMuchPending } from "./connections/flow-control.ts";
import type { FrameRefusal } from "./frame-limit.ts";
import type { HubContext } from "./hub-context.ts";

/**
 * Calls `proceed` if the sender is within the endpoint's frame limit, and answers with an error otherwise. Mostly synchronous; where the
 * limiter asks Redis, the connection's frames queue behind each other, so that their order is kept, and count as unanswered.
 */
export function applyFrameLimit(
  hub: HubContext,
  connection: Connection,
  { frame, bytes }: { readonly frame: Frame; readonly bytes: number },
  proceed: () => void,
): void {
  const { frameLimit } = connection.slot.current;
  if (frameLimit === null) return proceed();
  const settle = (refusal: FrameRefusal | null): void =>
    refusal === null ? proceed() : refuse(hub, connection, frame, refusal);
  const before = connection.limiting;
  const decision =
    before === null ? frameLimit.take(connection) : before.then(() => frameLimit.take(connection));
  if (!(decision instanceof Promise)) return settle(decision);
  if (hasTooMuchPending(connection))
    return hub.delivery.error(connection, { id: frame.id ?? null, code: "overloaded", retryAfterMs: 250 });
  connection.pending += 1;
  connection.pendingBytes += bytes;
  hub.state.inFlight += 1;
  const mine = decision
    .then(settle)
    .catch((error: unknown) => hub.logger.error({ err: error }, "a frame within its limit could not proceed"))
    .finally(() => {
      frameDone(connection, bytes);
      hub.state.inFlight -= 1;
      if (connection.limiting === mine) connection.limiting = null;
    });
  connection.limiting = mine;
}

function refuse(
  hub: HubContext,
  connection: Connection,
  frame: Frame,
  { code, waitMs: retryAfterMs }: FrameRefusal,
): void {
  const { id = null, type } = frame;
  hub.metrics.framesReceived.with({ type, outcome: code }).inc();
  // an unavailable store is not an attempt by the caller
  if (code === "rate_limited") {
    const route = `hub ${connection.slot.current.path}`;
    hub.securityEvents.report({ kind: "rate_limited", route, reason: "frames", address: connection.ip });
  }
  hub.delivery.error(connection, { id, code, retryAfterMs });
}
