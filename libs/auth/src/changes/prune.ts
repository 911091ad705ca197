import type { Sql } from "@libs/database";

/** Deletes changes and sessions (with their tokens) that are too old to concern any valid credential. */
export async function prune(sql: Sql, now: number, historyMs: number): Promise<void> {
  const before = new Date(now - historyMs);
  await sql.query("delete from auth_changes where at < $1", [before]);
  await sql.query("delete from auth_sign_in_codes where expires_at < $1", [new Date(now)]);
  await sql.query("delete from auth_sessions where expires_at < $1 or revoked_at < $1", [before]);
}
