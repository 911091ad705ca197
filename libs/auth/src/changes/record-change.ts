import type { Sql } from "@libs/database";

/** Changes that other instances must learn of within a second. */
export type ChangeKind = "session" | "user" | "api-key" | "signing-keys";

export interface Change {
  readonly kind: ChangeKind;
  /** The id of the changed entity. */
  readonly subject: string;
  /** A user's new version; the end of an API key, in milliseconds since the epoch; 0 for the other kinds. */
  readonly value: number;
}

/**
 * Records a change, in the transaction that makes it. The counter's row stays locked until that transaction ends, so revisions become
 * visible in order: a reader that has seen one cannot miss a lower one.
 */
export async function recordChange(sql: Sql, change: Change, now: number): Promise<void> {
  await sql.query(
    `with next as (update auth_change_counter set revision = revision + 1 returning revision)
     insert into auth_changes (revision, kind, subject, value, at) select revision, $1, $2, $3, $4 from next`,
    [change.kind, change.subject, change.value, new Date(now)],
  );
}

/** Takes the lock of `recordChange` early, for work that must be serialized with all other changes. */
export async function lockChanges(sql: Sql): Promise<void> {
  await sql.query("select revision from auth_change_counter for update");
}
