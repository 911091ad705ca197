import type { Fleet } from "../fleet.ts";
import { transact } from "../transact.ts";
import type { Customer } from "../http/caller.ts";
import { endSession } from "./end-session.ts";
import { noSuchSession } from "./decide-session.ts";
import { lockSession } from "./session-rows.ts";

export interface Cancellation {
  readonly sessionId: string;
  readonly reason: string;
}

/**
 * Ends a session and all its commands that have not ended; a result that a device still sends for one is refused.
 * @throws CartwayError `not_found`, `conflict` where it has ended
 */
export async function cancelSession(
  fleet: Fleet,
  { customerId, actor }: Customer,
  { sessionId, reason }: Cancellation,
): Promise<void> {
  const at = new Date(fleet.now());
  const ended = await transact(fleet.sql, async (sql) => {
    const session = await lockSession(sql, customerId, sessionId);
    if (session === undefined) throw noSuchSession();
    const commandIds = await endSession(sql, { session, event: "cancel", at, actor, details: { reason } });
    return { deviceId: session.device_id, commandIds };
  });
  const { deviceId, commandIds } = ended;
  await fleet.feeder.forget(commandIds.map((commandId) => ({ commandId, deviceId })));
  fleet.metrics.command("cancelled", commandIds.length);
  fleet.live.commandsCancelled(deviceId, commandIds);
  fleet.live.tellCustomer(customerId, "session_updated", { sessionId, status: "cancelled" });
}
