import type { Sql } from "@libs/database";
import { recordAudit, system } from "../audit/record-audit.ts";
import type { Fleet } from "../fleet.ts";
import { commandMachine, type CommandState } from "../model/command-states.ts";
import type { SessionState } from "../model/session-states.ts";
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
 * Ends the commands that nobody will execute any more, as dead letters with their reason: the deadline has passed, or the
 * last attempt has, without a result. @returns how many
 */
export async function buryCommands(fleet: Fleet): Promise<number> {
  const at = new Date(fleet.now());
  const due = await fleet.sql.query<DueRow>(
    `(select id, session_id, customer_id, device_id from fleet_commands
        where status in ('queued', 'claimed') and deadline_at <= $1 order by deadline_at limit $2)
      union
      (select id, session_id, customer_id, device_id from fleet_commands
        where status = 'claimed' and claimed_until <= $1 and attempts >= attempts_max order by claimed_until limit $2)`,
    [at, atOnce],
    { prepareAs: "fleet_due_commands" },
  );
  for (const [sessionId, rows] of Map.groupBy(due, (row) => row.session_id)) {
    const [first] = rows;
    if (first === undefined) continue;
    const { customer_id: customerId, device_id: deviceId } = first;
    const ids = rows.map((row) => row.id);
    const session = { sessionId, customerId, deviceId, at };
    const { buried, sessionEnd } = await fleet.sql.transaction((sql) => bury(sql, session, ids));
    await fleet.queue.remove(buried.map((commandId) => ({ commandId, deviceId })));
    fleet.metrics.command("dead", buried.length);
    for (const commandId of buried) {
      fleet.live.tellCustomer(customerId, "command_updated", {
        sessionId,
        deviceId,
        commandId,
        status: "dead",
        result: null,
      });
    }
    if (sessionEnd !== null)
      fleet.live.tellCustomer(customerId, "session_updated", { sessionId, status: sessionEnd });
  }
  return due.length;
}

interface SessionOfDead {
  readonly sessionId: string;
  readonly customerId: string;
  readonly deviceId: string;
  readonly at: Date;
}

async function bury(
  sql: Sql,
  session: SessionOfDead,
  ids: readonly string[],
): Promise<{ readonly buried: readonly string[]; readonly sessionEnd: SessionState | null }> {
  const { sessionId, customerId, deviceId, at } = session;
  await sql.query("select id from fleet_sessions where id = $1 for update", [sessionId]);
  const rows = await sql.query<{ id: string; from_state: CommandState; dead_reason: string }>(
    `with due as (
        select id, status, deadline_at from fleet_commands where id = any($1::uuid[]) and status = any($2)
          and (deadline_at <= $3 or (status = 'claimed' and claimed_until <= $3 and attempts >= attempts_max)) for update
      )
      update fleet_commands as command set status = 'dead', updated_at = $3,
        dead_reason = case when due.deadline_at <= $3 then 'deadline' else 'attempts' end
      from due where command.id = due.id
      returning command.id, due.status as from_state, command.dead_reason`,
    [ids, statesBefore(commandMachine, "die"), at],
  );
  await recordAudit(sql, {
    at,
    actor: system,
    events: rows.map((row) => ({
      subject: "command",
      subjectId: row.id,
      customerId,
      deviceId,
      sessionId,
      event: "die",
      from: row.from_state,
      to: "dead",
      details: { reason: row.dead_reason },
    })),
  });
  const sessionEnd = rows.length === 0 ? null : await completeSession(sql, session);
  return { buried: rows.map((row) => row.id), sessionEnd };
}
