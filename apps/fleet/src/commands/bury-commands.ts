import type { Fleet } from "../fleet.ts";
import { commandMachine } from "../model/command-states.ts";
import { statesBefore } from "../model/state-machine.ts";
import { completeSession } from "./complete-session.ts";

const atOnce = 500;

interface DueRow {
  readonly id: string;
  readonly session_id: string;
  readonly customer_id: string;
  readonly device_id: string;
}

/**
 * Turns commands that can no longer be executed into dead letters with their reason: the deadline has passed, or the
 * last attempt has ended without a result. @returns how many
 */
export async function buryCommands(fleet: Fleet): Promise<number> {
  const at = new Date(fleet.now());
  const due = await fleet.sql.query<DueRow>(
    `(select id, session_id, customer_id, device_id from fleet_commands
        where is_open and deadline_at <= $1 order by deadline_at limit $2)
      union
      (select id, session_id, customer_id, device_id from fleet_commands
        where last_claimed_until <= $1 order by last_claimed_until limit $2)`,
    [at, atOnce],
    { prepareAs: "fleet_due_commands" },
  );
  if (due.length === 0) return 0;
  const buried = await bury(fleet, due, at);
  fleet.metrics.command("dead", buried.length);
  await fleet.feeder.forget(buried.map((row) => ({ commandId: row.id, deviceId: row.device_id })));
  for (const row of buried) {
    const { id: commandId, session_id: sessionId, device_id: deviceId } = row;
    const update = { sessionId, deviceId, commandId, status: "dead", result: null };
    fleet.live.tellCustomer(row.customer_id, "command_updated", update);
  }
  await completeSession(fleet, ...new Set(buried.map((row) => row.session_id)));
  return buried.length;
}

/** One statement; skips commands answered or extended meanwhile, and leaves those locked right now for the next run. */
const buryText = `
  with due as (
    select id, status, deadline_at from fleet_commands where id = any($1::uuid[]) and status = any($2)
      and (deadline_at <= $3 or (status = 'claimed' and claimed_until <= $3 and attempts >= attempts_max))
    order by id for update skip locked
  ), buried as (
    update fleet_commands as command set status = 'dead', updated_at = $3,
      dead_reason = case when due.deadline_at <= $3 then 'deadline' else 'attempts' end
    from due where command.id = due.id
    returning command.id, command.session_id, command.customer_id, command.device_id, command.dead_reason,
      due.status as from_state
  ), audited as (
    insert into fleet_audit (at, customer_id, subject, subject_id, device_id, session_id, event, from_state, to_state,
      actor_kind, actor_id, details)
    select $3, customer_id, 'command', id, device_id, session_id, 'die', from_state, 'dead', 'system', 'fleet',
      jsonb_build_object('reason', dead_reason)
    from buried
  )
  select id, session_id, customer_id, device_id from buried`;

async function bury(fleet: Fleet, due: readonly DueRow[], at: Date): Promise<readonly DueRow[]> {
  const values = [due.map((row) => row.id), statesBefore(commandMachine, "die"), at];
  return await fleet.sql.query<DueRow>(buryText, values, { prepareAs: "fleet_bury" });
}
