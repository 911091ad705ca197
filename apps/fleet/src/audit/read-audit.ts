import type { Sql } from "@libs/database";
import type { Actor } from "./record-audit.ts";

export interface HistoryEntry {
  readonly at: string;
  readonly subject: "device" | "session" | "command";
  readonly subjectId: string;
  readonly event: string;
  readonly from: string | null;
  readonly to: string;
  readonly actor: Actor;
  readonly details: Readonly<Record<string, unknown>> | null;
}

interface AuditRow {
  readonly at: Date;
  readonly subject: HistoryEntry["subject"];
  readonly subject_id: string;
  readonly event: string;
  readonly from_state: string | null;
  readonly to_state: string;
  readonly actor_kind: Actor["kind"];
  readonly actor_id: string;
  readonly details: Readonly<Record<string, unknown>> | null;
}

const columns = "at, subject, subject_id, event, from_state, to_state, actor_kind, actor_id, details";

/** Everything that happened to a session and its commands, oldest first. */
export async function readSessionHistory(sql: Sql, sessionId: string): Promise<readonly HistoryEntry[]> {
  const rows = await sql.query<AuditRow>(
    `select ${columns} from fleet_audit where session_id = $1 order by id limit 5000`,
    [sessionId],
    { prepareAs: "fleet_session_history" },
  );
  return rows.map(toEntry);
}

/** The latest events of the device itself, newest first. */
export async function readDeviceHistory(sql: Sql, deviceId: string): Promise<readonly HistoryEntry[]> {
  const rows = await sql.query<AuditRow>(
    `select ${columns} from fleet_audit where device_id = $1 and subject = 'device' order by id desc limit 100`,
    [deviceId],
  );
  return rows.map(toEntry);
}

function toEntry(row: AuditRow): HistoryEntry {
  const { at, subject, subject_id: subjectId, event, from_state: from, to_state: to, details } = row;
  const actor = { kind: row.actor_kind, id: row.actor_id };
  return { at: at.toISOString(), subject, subjectId, event, from, to, actor, details };
}
