import type { ClickHouseClient } from "../clickhouse/clickhouse-client.ts";
import { assertUnchanged, type Migration, migrationChecksum, statementsOf } from "./migration.ts";

/**
 * Applies outstanding migrations in order, and records each with its checksum. ClickHouse has neither transactional DDL nor locks: each
 * migration MUST consist of statements that can run twice (`IF NOT EXISTS`), which makes concurrent starts harmless.
 * @returns the ids applied now.
 */
export async function migrateClickHouse(
  clickhouse: ClickHouseClient,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  await clickhouse.command(`
    CREATE TABLE IF NOT EXISTS schema_migrations (id String, checksum String, applied_at DateTime DEFAULT now())
    ENGINE = ReplacingMergeTree ORDER BY id`);
  const rows = await clickhouse.query<{ id: string; checksum: string }>(
    "SELECT id, checksum FROM schema_migrations FINAL",
  );
  const recorded = new Map(rows.map((row) => [row.id, row.checksum]));
  const applied: string[] = [];
  for (const migration of migrations) {
    const checksum = recorded.get(migration.id);
    if (checksum === undefined) {
      for (const statement of statementsOf(migration)) await clickhouse.command(statement);
      await clickhouse.insert("schema_migrations", [
        { id: migration.id, checksum: migrationChecksum(migration) },
      ]);
      applied.push(migration.id);
    } else {
      assertUnchanged(migration, checksum);
    }
  }
  return applied;
}
