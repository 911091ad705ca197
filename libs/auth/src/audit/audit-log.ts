import type { Sql } from "@libs/database";

/** An administrative act: the actor, the action, its subject, and the state before and after. Contains no secrets. */
export interface AuditEntry {
  readonly actor: string;
  readonly verb: string;
  readonly subject: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface RecordedAct extends AuditEntry {
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
}

/** MUST run in the transaction of the act itself, so that no act goes unrecorded. */
export async function recordAct(sql: Sql, entry: AuditEntry, now: number): Promise<void> {
  await sql.query(
    "insert into auth_audit (id, at, actor, verb, subject, before, after) values ($1, $2, $3, $4, $5, $6, $7)",
    [
      Bun.randomUUIDv7(),
      new Date(now),
      entry.actor,
      entry.verb,
      entry.subject,
      JSON.stringify(entry.before ?? null),
      JSON.stringify(entry.after ?? null),
    ],
  );
}

interface AuditRow extends AuditEntry {
  readonly id: string;
  readonly at: Date;
}

export interface ActPage {
  /** The id of the last one seen. */
  readonly after: string | null;
  readonly limit: number;
}

/** A page of acts, newest first: ids are ordered by time. */
export async function listActs(sql: Sql, { after, limit }: ActPage): Promise<RecordedAct[]> {
  const rows = await sql.query<AuditRow>(
    `select id, at, actor, verb, subject, before, after from auth_audit
     where $1::uuid is null or id < $1::uuid order by id desc limit $2`,
    [after, limit],
  );
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}
