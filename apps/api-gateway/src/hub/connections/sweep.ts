import { PollSocket } from "../fallback/poll-socket.ts";
import type { HubContext } from "../hub-context.ts";
import type { Connection } from "./connection.ts";
import { checkConsumer, resumeConsumer } from "./slow-consumers.ts";

/**
 * Runs once a second over all connections, instead of a timer for each: closes expired credentials and connections of maximum age, and
 * handles clients that read too slowly or do not answer a close. About 0.1 us per connection.
 */
export function sweep(hub: HubContext): void {
  const time = { clock: performance.now(), now: hub.now() };
  let waitingBytes = 0;
  for (const connection of hub.connections.all()) waitingBytes += sweepOne(hub, connection, time);
  hub.metrics.queueBytes.set(waitingBytes);
  hub.metrics.inFlight.set(hub.state.inFlight);
  hub.metrics.rooms.set(hub.rooms.size);
}

interface SweepTime {
  /** `performance.now()`, for ages. */
  readonly clock: number;
  /** Milliseconds since the epoch, for expiries. */
  readonly now: number;
}

/** @returns the bytes that wait for the client to read them */
function sweepOne(hub: HubContext, connection: Connection, { clock, now }: SweepTime): number {
  const { socket, principal, cutAt } = connection;
  if (socket === null) return 0;
  const waitingBytes = socket.getBufferedAmount();
  if (cutAt !== 0) {
    if (clock >= cutAt) socket.terminate();
    return waitingBytes;
  }
  const { lifetimeMs, idleMs } = connection.slot.current.limits;
  if (principal !== null && principal.expiresAt <= now) hub.delivery.close(connection, "expired");
  else if (lifetimeMs !== 0 && clock - connection.openedAt >= lifetimeMs)
    hub.delivery.close(connection, "lifetime");
  else if (socket instanceof PollSocket && socket.isAbandoned(idleMs)) socket.terminate();
  else if (connection.latest !== null && !connection.isNative && waitingBytes === 0)
    resumeConsumer(hub, connection);
  else if (waitingBytes > 0) checkConsumer(hub, connection, waitingBytes);
  return waitingBytes;
}
