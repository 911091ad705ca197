import type { Fleet } from "../fleet.ts";
import { finalCommandStates } from "../model/command-states.ts";
import { sessionMachine, type SessionState } from "../model/session-states.ts";
import { statesBefore } from "../model/state-machine.ts";

interface EndedRow {
  readonly id: string;
  readonly customer_id: string;
  readonly status: SessionState;
}

/** One statement, so that of two concurrent last results only one ends the session, and the audit trail records it once. */
const text = `
  with ended as (
    update fleet_sessions as session set ended_at = $2, status = case
        when exists (select from fleet_commands where session_id = session.id and status <> 'succeeded') then 'failed'
        else 'completed' end
    where session.id = any($1::uuid[]) and session.status = any($4)
      and not exists (select from fleet_commands where session_id = session.id and status <> all($3))
    returning session.id, session.customer_id, session.device_id, session.status
  ), audited as (
    insert into fleet_audit (at, customer_id, subject, subject_id, device_id, session_id, event, from_state, to_state,
      actor_kind, actor_id)
    select $2, customer_id, 'session', id, device_id, id, case status when 'completed' then 'complete' else 'fail' end,
      'running', status, 'system', 'fleet'
    from ended
  )
  select id, customer_id, status from ended`;

/** A list, so that no plan reads all running sessions for one. */
const running = statesBefore(sessionMachine, "complete");

/** Ends running sessions whose last command has ended: completed if all succeeded. Leaves others unchanged. */
export async function completeSession(fleet: Fleet, ...sessionIds: readonly string[]): Promise<void> {
  const values = [sessionIds, new Date(fleet.now()), finalCommandStates, running];
  const rows = await fleet.sql.query<EndedRow>(text, values, { prepareAs: "fleet_complete_sessions" });
  for (const { id: sessionId, customer_id: customerId, status } of rows) {
    fleet.live.tellCustomer(customerId, "session_updated", { sessionId, status });
  }
}

const atOnce = 500;

/** Ends sessions whose instance died between their last result and their end. */
export async function completeLeftSessions(fleet: Fleet): Promise<void> {
  const rows = await fleet.sql.query<{ id: string }>(
    `select id from fleet_sessions as session where status = 'running' and created_at < $1
      and not exists (select from fleet_commands where session_id = session.id and status <> all($2)) limit $3`,
    [new Date(fleet.now() - graceMs), finalCommandStates, atOnce],
  );
  if (rows.length > 0) await completeSession(fleet, ...rows.map((row) => row.id));
}

/** A session that is younger is still being ended by the instance that took its result. */
const graceMs = 5000;
