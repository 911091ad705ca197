import type { Sql, SqlClient } from "../sql.ts";
import { assertUnchanged, type Migration, migrationChecksum, statementsOf } from "./migration.ts";

/** Serializes instances that start at the same time: one migrates, the others wait. */
const advisoryLock = 4_023_117;
const askAgainMs = 100;

/** The maximum of a timer: building an index on a large table takes longer than any other statement may. */
const unhurried = { timeoutMs: 2_147_483_647 };

/**
 * Applies outstanding migrations in order, under a lock, and records each with its checksum. Consecutive ones share a transaction; a list
 * of statements runs on its own (`Migration.up`). Rejects, changing nothing, where an applied migration was modified, and where a
 * statement fails, after rolling back its transaction.
 * @returns the ids applied now.
 */
export async function migratePostgreSQL(
  sql: SqlClient,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  return await sql.session(async (session) => {
    await lock(session);
    try {
      return await applyMissing(session, migrations);
    } finally {
      await session.query(`select pg_advisory_unlock(${advisoryLock})`);
    }
  });
}

/** Polls for the lock: waiting in a statement would hold a snapshot, which `create index concurrently` waits for. */
async function lock(session: Sql): Promise<void> {
  for (;;) {
    const [row] = await session.query<{ taken: boolean }>(
      `select pg_try_advisory_lock(${advisoryLock}) as taken`,
    );
    if (row?.taken === true) return;
    await Bun.sleep(askAgainMs);
  }
}

async function applyMissing(session: Sql, migrations: readonly Migration[]): Promise<readonly string[]> {
  const recorded = await readRecorded(session);
  const missing: Migration[] = [];
  for (const migration of migrations) {
    const checksum = recorded.get(migration.id);
    if (checksum === undefined) missing.push(migration);
    else assertUnchanged(migration, checksum);
  }
  let together: Migration[] = [];
  for (const migration of missing) {
    if (typeof migration.up === "string") {
      together.push(migration);
      continue;
    }
    await applyTogether(session, together);
    together = [];
    await apply(session, migration);
  }
  await applyTogether(session, together);
  return missing.map(({ id }) => id);
}

async function readRecorded(session: Sql): Promise<ReadonlyMap<string, string>> {
  await session.query(`
    create table if not exists schema_migrations (
      id text primary key,
      checksum text not null,
      applied_at timestamptz not null default now()
    )`);
  const rows = await session.query<{ id: string; checksum: string }>(
    "select id, checksum from schema_migrations",
  );
  return new Map(rows.map((row) => [row.id, row.checksum]));
}

async function applyTogether(session: Sql, migrations: readonly Migration[]): Promise<void> {
  if (migrations.length === 0) return;
  await session.transaction(async (transaction) => {
    for (const migration of migrations) await apply(transaction, migration);
  });
}

async function apply(sql: Sql, migration: Migration): Promise<void> {
  for (const statement of statementsOf(migration)) await sql.query(statement, [], unhurried);
  const values = [migration.id, migrationChecksum(migration)];
  await sql.query("insert into schema_migrations (id, checksum) values ($1, $2)", values);
}
