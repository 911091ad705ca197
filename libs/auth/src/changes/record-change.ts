import type { Sql } from "@libs/database";

/** What other instances must hear of within a second. */
export type ChangeKind = "session" | "user" | "api-key" | "signing-keys";

export interface Change {
  readonly kind: ChangeKind;
  /** The id of what changed. */
  readonly subject: string;
  /** A user's new version; the end of an API key, in milliseconds since the epoch; 0 for the other kinds. */
  readonly value: number;
}

/**
 * Notes a change, inside the transaction that makes it. The counter's row is locked until that transaction ends, so that
 * revisions become visible in their order: a reader who has seen one will never miss a lower one.
 */
export async function recordChange(sql: Sql, change: Change, now: number): Promise<void> {
  await sql.query(
    `with next as (update auth_change_counter set revision = revision + 1 returning revision)
     insert into auth_changes (revision, kind, subject, value, at) select revision, $1, $2, $3, $4 from next`,
    [change.kind, change.subject, change.value, new Date(now)],
  );
}

/** Takes the lock of `recordChange` early, for work that must see every earlier change and be seen by every later one. */
export async function lockChanges(sql: Sql): Promise<void> {
  await sql.query("select revision from auth_change_counter for update");
}
