import type { Sql, SqlClient } from "../sql.ts";
import { assertUnchanged, type Migration, migrationChecksum, statementsOf } from "./migration.ts";

/** Any number of instances may start at once: one migrates, the others wait for it here. */
const advisoryLock = 4_023_117;
const askAgainMs = 100;

/** An index over a large table takes longer than any other statement may: the most a timer can count. */
const unhurried = { timeoutMs: 2_147_483_647 };

/**
 * Applies what was not applied yet, in order, under a lock, and records each with its checksum. Those that stand beside each other are
 * one transaction; one that is a list of statements stands by itself (`Migration.up`). Rejects where one that was applied has been
 * changed, changing nothing, and where a statement fails, with all that it is in one transaction with undone.
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

/** Asked for again and again: who waited in a statement would hold a snapshot, which an index that is built concurrently waits for. */
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
