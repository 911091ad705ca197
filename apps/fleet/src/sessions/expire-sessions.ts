import { system } from "../audit/record-audit.ts";
import type { Fleet } from "../fleet.ts";
import { transact } from "../transact.ts";
import { endSession } from "./end-session.ts";
import { lockSession } from "./session-rows.ts";

const atOnce = 200;

/** Ends sessions whose approval did not come in time. */
export async function expireSessions(fleet: Fleet): Promise<void> {
  const at = new Date(fleet.now());
  const late = await fleet.sql.query<{ id: string; customer_id: string }>(
    `select id, customer_id from fleet_sessions
      where status = 'awaiting_approval' and approval_expires_at <= $1 order by approval_expires_at limit $2`,
    [at, atOnce],
  );
  for (const { id, customer_id: customerId } of late) {
    const ended = await transact(fleet.sql, async (sql) => {
      const session = await lockSession(sql, customerId, id);
      if (session?.status !== "awaiting_approval") return null;
      return await endSession(sql, { session, event: "expire", at, actor: system });
    });
    if (ended === null) continue;
    fleet.metrics.command("expired", ended.length);
    fleet.live.tellCustomer(customerId, "session_updated", { sessionId: id, status: "expired" });
  }
}
