import type { Sql } from "@libs/database";

const triesMax = 5;

/**
 * A transaction that is retried after a deadlock: the database aborted it, so it has
 * left nothing behind.
 */
export async function transact<T>(sql: Sql, work: (sql: Sql) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await sql.transaction(work);
    } catch (error) {
      if (!isDeadlock(error) || tries === triesMax) throw error;
    }
  }
}

/** SQLSTATE 40P01 */
function isDeadlock(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "40P01";
}
