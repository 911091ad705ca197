import type { Sql } from "@libs/database";
import type { Risk } from "../model/command-kinds.ts";
import type { CommandState } from "../model/command-states.ts";
import type { Plan } from "../model/plan.ts";
import type { SessionState } from "../model/session-states.ts";

export interface SessionRow {
  readonly id: string;
  readonly customer_id: string;
  readonly device_id: string;
  readonly status: SessionState;
  readonly reason: string;
  readonly requested_by: string;
  readonly four_eyes: boolean;
  readonly plan_hash: string;
  readonly approval_expires_at: Date | null;
  readonly request_hash: string;
  readonly created_at: Date;
  readonly ended_at: Date | null;
}

export interface CommandRow {
  readonly id: string;
  readonly session_id: string;
  readonly device_id: string;
  readonly kind: string;
  readonly version: number;
  readonly parameters: unknown;
  readonly risk: Risk;
  readonly needs_approval: boolean;
  readonly priority: number;
  readonly deadline_at: Date;
  readonly attempts: number;
  readonly attempts_max: number;
  readonly status: CommandState;
  readonly result: CommandResult | null;
  readonly dead_reason: "deadline" | "attempts" | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** The outcome of a command, as the device reported it. */
export interface CommandResult {
  readonly outcome: "succeeded" | "failed" | "refused";
  readonly message: string | null;
  readonly output: unknown;
}

export const sessionColumns = `id, customer_id, device_id, status, reason, requested_by, four_eyes, plan_hash,
  approval_expires_at, request_hash, created_at, ended_at`;

export const commandColumns = `id, session_id, device_id, kind, version, parameters, risk, needs_approval, priority,
  deadline_at, attempts, attempts_max, status, result, dead_reason, created_at, updated_at`;

const sessionText = `select ${sessionColumns} from fleet_sessions where id = $1 and customer_id = $2`;

/** A customer's session; `undefined` also where it is another customer's. */
export async function selectSession(
  sql: Sql,
  customerId: string,
  sessionId: string,
): Promise<SessionRow | undefined> {
  const [row] = await sql.query<SessionRow>(sessionText, [sessionId, customerId], {
    prepareAs: "fleet_find_session",
  });
  return row;
}

/** The same, locked until the transaction ends. Code that moves commands locks their session first, so that there are no deadlocks. */
export async function lockSession(
  sql: Sql,
  customerId: string,
  sessionId: string,
): Promise<SessionRow | undefined> {
  const [row] = await sql.query<SessionRow>(`${sessionText} for update`, [sessionId, customerId]);
  return row;
}

export async function selectCommands(sql: Sql, sessionId: string): Promise<readonly CommandRow[]> {
  return await sql.query<CommandRow>(
    `select ${commandColumns} from fleet_commands where session_id = $1 order by position`,
    [sessionId],
    { prepareAs: "fleet_session_commands" },
  );
}

/** The plan as it is in the database now. */
export function planOf(session: SessionRow, commands: readonly CommandRow[]): Plan {
  return {
    sessionId: session.id,
    customerId: session.customer_id,
    deviceId: session.device_id,
    reason: session.reason,
    requestedBy: session.requested_by,
    fourEyes: session.four_eyes,
    approvalExpiresAt: session.approval_expires_at?.toISOString() ?? null,
    commands: commands.map((command) => ({
      id: command.id,
      kind: command.kind,
      version: command.version,
      parameters: command.parameters,
      risk: command.risk,
      priority: command.priority,
      attemptsMax: command.attempts_max,
      deadlineAt: command.deadline_at.toISOString(),
    })),
  };
}
