import type { Sql } from "@libs/database";

const triesMax = 5;

/**
 * A transaction that is done again where it and another one waited for each other and the database has ended this one: it has
 * left nothing behind then.
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
