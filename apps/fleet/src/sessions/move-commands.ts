import type { Sql } from "@libs/database";
import { type Actor, recordAudit } from "../audit/record-audit.ts";
import { type CommandEvent, commandMachine, type CommandState } from "../model/command-states.ts";
import { nextState, statesBefore } from "../model/state-machine.ts";
import type { SessionRow } from "./session-rows.ts";

export interface CommandsMove {
  readonly session: Pick<SessionRow, "id" | "customer_id" | "device_id">;
  readonly event: Extract<CommandEvent, "approve" | "reject" | "expire" | "cancel">;
  readonly at: Date;
  readonly actor: Actor;
  /** Of the approval that lets them run. */
  readonly approvalId?: string;
}

/**
 * Applies an event to every command of a session that allows it, with audit events. MUST be called in the transaction
 * that has locked the session. @returns the ids of the commands that moved
 */
export async function moveCommands(sql: Sql, move: CommandsMove): Promise<readonly string[]> {
  const { session, event, at, actor, approvalId = null } = move;
  const rows = await sql.query<{ id: string; status: CommandState }>(
    "select id, status from fleet_commands where session_id = $1 and status = any($2) order by position for update",
    [session.id, statesBefore(commandMachine, event)],
  );
  if (rows.length === 0) return [];
  const moves = rows.map((row) => ({ ...row, to: nextState(commandMachine, row.status, event) }));
  await sql.query(
    `update fleet_commands as command
      set status = move.status, updated_at = $1, approval_id = coalesce($2::uuid, command.approval_id)
      from unnest($3::uuid[], $4::text[]) as move(id, status) where command.id = move.id`,
    [at, event === "approve" ? approvalId : null, moves.map((one) => one.id), moves.map((one) => one.to)],
  );
  await recordAudit(sql, {
    at,
    actor,
    events: moves.map(({ id, status, to }) => ({
      subject: "command",
      subjectId: id,
      customerId: session.customer_id,
      deviceId: session.device_id,
      sessionId: session.id,
      event,
      from: status,
      to,
    })),
  });
  return rows.map((row) => row.id);
}
