import type { Sql } from "@libs/database";
import { type HistoryEntry, readSessionHistory } from "../audit/read-audit.ts";
import type { Risk } from "../model/command-kinds.ts";
import type { CommandState } from "../model/command-states.ts";
import type { Plan } from "../model/plan.ts";
import type { SessionState } from "../model/session-states.ts";
import { noSuchSession } from "./decide-session.ts";
import { listNewest, type NewestFilter } from "./list-newest.ts";
import {
  type CommandResult,
  type CommandRow,
  planOf,
  selectCommands,
  selectSession,
  sessionColumns,
  type SessionRow,
} from "./session-rows.ts";

export interface SessionSummary {
  readonly id: string;
  readonly deviceId: string;
  readonly status: SessionState;
  readonly reason: string;
  readonly requestedBy: string;
  readonly createdAt: string;
  readonly endedAt: string | null;
}

export interface CommandView {
  readonly id: string;
  readonly sessionId: string;
  readonly deviceId: string;
  readonly kind: string;
  readonly version: number;
  readonly parameters: unknown;
  readonly risk: Risk;
  readonly needsApproval: boolean;
  readonly priority: number;
  readonly deadlineAt: string;
  readonly attempts: number;
  readonly attemptsMax: number;
  readonly status: CommandState;
  readonly result: CommandResult | null;
  readonly deadReason: "deadline" | "attempts" | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface SessionDecision {
  readonly decision: "approved" | "rejected";
  readonly by: string;
  readonly at: string;
  readonly comment: string;
}

/** A session with its whole history. */
export interface SessionView extends SessionSummary {
  readonly fourEyes: boolean;
  /** The plan to approve, and its hash: the approver sends back the hash of what they were shown. */
  readonly plan: Plan;
  readonly planHash: string;
  readonly decision: SessionDecision | null;
  readonly commands: readonly CommandView[];
  readonly history: readonly HistoryEntry[];
}

/** @throws CartwayError `not_found`, also where the session is another customer's */
export async function findSession(sql: Sql, customerId: string, sessionId: string): Promise<SessionView> {
  const session = await selectSession(sql, customerId, sessionId);
  if (session === undefined) throw noSuchSession();
  const [commands, [decision], history] = await Promise.all([
    selectCommands(sql, sessionId),
    sql.query<DecisionRow>(
      "select decision, decided_by, decided_at, comment from fleet_approvals where session_id = $1",
      [sessionId],
      { prepareAs: "fleet_session_decision" },
    ),
    readSessionHistory(sql, sessionId),
  ]);
  return {
    ...toSummary(session),
    fourEyes: session.four_eyes,
    plan: planOf(session, commands),
    planHash: session.plan_hash,
    decision: decision === undefined ? null : toDecision(decision),
    commands: commands.map(toCommandView),
    history,
  };
}

/** A page of the customer's sessions, the newest first. */
export async function listSessions(
  sql: Sql,
  customerId: string,
  filter: NewestFilter<SessionState>,
): Promise<readonly SessionSummary[]> {
  const from = { table: "fleet_sessions", columns: sessionColumns } as const;
  return (await listNewest<SessionRow>(sql, customerId, from, filter)).map(toSummary);
}

interface DecisionRow {
  readonly decision: SessionDecision["decision"];
  readonly decided_by: string;
  readonly decided_at: Date;
  readonly comment: string;
}

function toDecision(row: DecisionRow): SessionDecision {
  const { decision, decided_by: by, decided_at: at, comment } = row;
  return { decision, by, at: at.toISOString(), comment };
}

function toSummary(row: SessionRow): SessionSummary {
  return {
    id: row.id,
    deviceId: row.device_id,
    status: row.status,
    reason: row.reason,
    requestedBy: row.requested_by,
    createdAt: row.created_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
  };
}

export function toCommandView(row: CommandRow): CommandView {
  return {
    id: row.id,
    sessionId: row.session_id,
    deviceId: row.device_id,
    kind: row.kind,
    version: row.version,
    parameters: row.parameters,
    risk: row.risk,
    needsApproval: row.needs_approval,
    priority: row.priority,
    deadlineAt: row.deadline_at.toISOString(),
    attempts: row.attempts,
    attemptsMax: row.attempts_max,
    status: row.status,
    result: row.result,
    deadReason: row.dead_reason,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
