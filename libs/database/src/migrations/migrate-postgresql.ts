import type { Sql } from "../sql.ts";
import { assertUnchanged, type Migration, migrationChecksum } from "./migration.ts";

/** Any number of instances may start at once: one migrates, the others wait for it here. */
const advisoryLock = 4_023_117;

/** An index over a large table takes longer than any other statement may, and whoever waits for it no less: the most a timer can count. */
const unhurried = { timeoutMs: 2_147_483_647 };

/**
 * Applies what was not applied yet, in order, in one transaction under a lock, and records each with its checksum. Rejects,
 * changing nothing, where one that was applied has been changed or where a statement fails.
 * @returns the ids applied now.
 */
export async function migratePostgreSQL(
  sql: Sql,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  return await sql.transaction(async (transaction) => {
    await transaction.query(`select pg_advisory_xact_lock(${advisoryLock})`, [], unhurried);
    await transaction.query(`
      create table if not exists schema_migrations (
        id text primary key,
        checksum text not null,
        applied_at timestamptz not null default now()
      )`);
    const rows = await transaction.query<{ id: string; checksum: string }>(
      "select id, checksum from schema_migrations",
    );
    const recorded = new Map(rows.map((row) => [row.id, row.checksum]));
    const applied: string[] = [];
    for (const migration of migrations) {
      const checksum = recorded.get(migration.id);
      if (checksum === undefined) {
        await transaction.query(migration.up, [], unhurried);
        const values = [migration.id, migrationChecksum(migration)];
        await transaction.query("insert into schema_migrations (id, checksum) values ($1, $2)", values);
        applied.push(migration.id);
      } else {
        assertUnchanged(migration, checksum);
      }
    }
    return applied;
  });
}
