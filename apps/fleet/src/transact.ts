import type { Sql } from "@libs/database";
import { hasCode } from "@libs/errors";

const triesMax = 5;
/** SQLSTATE */
const deadlock = "40P01";

/**
 * A transaction that is retried after a deadlock: the database aborted it, so it has
 * left nothing behind.
 */
export async function transact<T>(sql: Sql, work: (sql: Sql) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await sql.transaction(work);
    } catch (error) {
      if (!hasCode(error, deadlock) || tries === triesMax) throw error;
    }
  }
}
