import type { Frame } from "@libs/messaging";
import type { Connection } from "./connections/connection.ts";
import { letGo } from "./connections/reading.ts";
import type { FrameRefusal } from "./frame-limit.ts";
import type { HubContext } from "./hub-context.ts";

/**
 * Lets a frame go on where its sender is within the endpoint's limit. Mostly at once; where the budget must be asked for
 * elsewhere, the connection's frames wait for their turn, so that none overtakes another, and count as unanswered.
 */
export function withinLimit(hub: HubContext, connection: Connection, frame: Frame, goOn: () => void): void {
  const { frameLimit, limits } = connection.slot.current;
  if (frameLimit === null) return goOn();
  const settle = (refusal: FrameRefusal | null): void =>
    refusal === null ? goOn() : refuse(hub, connection, frame, refusal);
  const before = connection.limiting;
  const asked =
    before === null ? frameLimit.take(connection) : before.then(() => frameLimit.take(connection));
  if (!(asked instanceof Promise)) return settle(asked);
  if (connection.pending >= limits.pendingMax)
    return hub.delivery.error(connection, { id: frame.id ?? null, code: "overloaded", retryAfterMs: 250 });
  connection.pending += 1;
  hub.state.inFlight += 1;
  const mine = asked
    .then(settle)
    .catch((error: unknown) => hub.logger.error({ err: error }, "a frame within its limit could not go on"))
    .finally(() => {
      letGo(connection);
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
  // a store that is away is nobody's attempt
  if (code === "rate_limited") {
    const route = `hub ${connection.slot.current.path}`;
    hub.securityEvents.report({ kind: "rate_limited", route, reason: "frames", address: connection.ip });
  }
  hub.delivery.error(connection, { id, code, retryAfterMs });
}
