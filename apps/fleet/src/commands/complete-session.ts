import type { Sql } from "@libs/database";
import { recordAudit, system } from "../audit/record-audit.ts";
import { finalCommandStates } from "../model/command-states.ts";
import { sessionMachine, type SessionState } from "../model/session-states.ts";
import { nextState } from "../model/state-machine.ts";

export interface Completion {
  readonly sessionId: string;
  readonly customerId: string;
  readonly deviceId: string;
  readonly at: Date;
}

/**
 * Ends a running session whose last command has ended: completed where all of them succeeded. To be called in a transaction
 * that holds the session. @returns what it has become, `null` where it goes on
 */
export async function completeSession(
  sql: Sql,
  { sessionId, customerId, deviceId, at }: Completion,
): Promise<SessionState | null> {
  const [row] = await sql.query<{ status: SessionState; open: number; succeeded: number; all: number }>(
    `select session.status, count(*) filter (where command.status <> all($2)) as open,
        count(*) filter (where command.status = 'succeeded') as succeeded, count(*) as all
      from fleet_sessions session join fleet_commands command on command.session_id = session.id
      where session.id = $1 group by session.id`,
    [sessionId, finalCommandStates],
    { prepareAs: "fleet_session_progress" },
  );
  if (row?.status !== "running" || row.open > 0) return null;
  const event = row.succeeded === row.all ? "complete" : "fail";
  const to = nextState(sessionMachine, row.status, event);
  await sql.query("update fleet_sessions set status = $2, ended_at = $3 where id = $1", [sessionId, to, at], {
    prepareAs: "fleet_end_session",
  });
  await recordAudit(sql, {
    at,
    actor: system,
    events: [
      {
        subject: "session",
        subjectId: sessionId,
        customerId,
        deviceId,
        sessionId,
        event,
        from: row.status,
        to,
      },
    ],
  });
  return to;
}
