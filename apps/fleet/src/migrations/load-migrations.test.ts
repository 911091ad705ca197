import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { migratePostgreSQL, openPostgreSQL, type PostgreSQLClient } from "@libs/database";
import { createTemporaryDirectory, type TemporaryDirectory } from "@libs/testing";
import { fleetMigrations } from "./fleet-migrations.ts";

const id = "fleet/0009-claims-in-place";
const at = fleetMigrations.findIndex((migration) => migration.id === id);
const before = fleetMigrations.slice(0, at);
/**
 * Earlier versions of the migration, as applied by existing deployments: one rewrote the table, the other blocked everybody while it built
 * indexes.
 */
const formerly: readonly string[] = [
  `
      drop index fleet_commands_waiting;
      drop index fleet_commands_due;
      drop index fleet_commands_enqueued;
      drop index fleet_commands_last_held;
      alter table fleet_commands
        add column is_open boolean not null generated always as (status in ('queued', 'claimed')) stored,
        add column last_claimed_until timestamptz generated always as
          (case when status = 'claimed' and attempts >= attempts_max then claimed_until end) stored;
      create index fleet_commands_waiting on fleet_commands (device_id, priority desc, created_at, id) where is_open;
      create index fleet_commands_due on fleet_commands (deadline_at) where is_open;
      create index fleet_commands_enqueued on fleet_commands (enqueued_epoch) where is_open;
      create index fleet_commands_last_held on fleet_commands (last_claimed_until)
        where last_claimed_until is not null;
      drop index fleet_audit_by_device;
      create index fleet_audit_by_device on fleet_audit (device_id, id) where subject = 'device'`,
  `
      alter table fleet_commands add column is_open boolean, add column last_claimed_until timestamptz;
      update fleet_commands set is_open = true,
          last_claimed_until = case when status = 'claimed' and attempts >= attempts_max then claimed_until end
        where status in ('queued', 'claimed');
      drop index fleet_commands_waiting;
      drop index fleet_commands_due;
      drop index fleet_commands_enqueued;
      drop index fleet_commands_last_held;
      create index fleet_commands_waiting on fleet_commands (device_id, priority desc, created_at, id) where is_open;
      create index fleet_commands_due on fleet_commands (deadline_at) where is_open;
      create index fleet_commands_enqueued on fleet_commands (enqueued_epoch) where is_open;
      create index fleet_commands_last_held on fleet_commands (last_claimed_until)
        where last_claimed_until is not null;
      drop index fleet_audit_by_device;
      create index fleet_audit_by_device on fleet_audit (device_id, id) where subject = 'device'`,
];

let directory: TemporaryDirectory;
let sql: PostgreSQLClient;
beforeEach(async () => {
  directory = await createTemporaryDirectory("cartway-fleet-");
  sql = await openPostgreSQL({ directory: directory.file("postgresql") });
}, 60_000);
afterEach(async () => {
  await sql.close();
  await directory.remove();
});

const statuses = [
  ["queued", 0],
  ["claimed", 1],
  ["claimed", 5],
  ["succeeded", 1],
  ["awaiting_approval", 0],
] as const;

/** One command in each status, the third of them on its last attempt. */
async function addCommands(): Promise<void> {
  for (const [index, [status, attempts]] of statuses.entries())
    await sql.query(
      `insert into fleet_commands (id, session_id, customer_id, device_id, position, kind, version, parameters, risk,
          needs_approval, priority, deadline_at, attempts_max, attempts, status, claimed_until, created_at, updated_at)
        values ($1, $1, 'c-1', $1, $2, 'run_check', 1, '{}', 'low', false, 5, now(), 5, $3, $4,
          case when $4 = 'claimed' then now() end, now(), now())`,
      [crypto.randomUUID(), index, attempts, status],
    );
}

async function marks(): Promise<unknown> {
  const rows = await sql.query<{ open: boolean; last: boolean }>(
    `select coalesce(is_open, false) as open, last_claimed_until is not distinct from claimed_until
        and claimed_until is not null as last from fleet_commands order by position`,
  );
  return rows.map(({ open, last }) => [open, last]);
}

const expected = [
  [true, false],
  [true, false],
  [true, true],
  [false, false],
  [false, false],
];

async function indexes(of: PostgreSQLClient = sql): Promise<unknown> {
  return await of.query(
    "select indexname, indexdef from pg_indexes where tablename in ('fleet_commands', 'fleet_audit') order by 1",
  );
}

async function indexesOfFresh(): Promise<unknown> {
  const fresh = await openPostgreSQL({ directory: directory.file("fresh") });
  await migratePostgreSQL(fresh, fleetMigrations);
  const all = await indexes(fresh);
  await fresh.close();
  return all;
}

async function fileOfTable(): Promise<unknown> {
  const [row] = await sql.query("select pg_relation_filenode('fleet_commands') as file");
  return row;
}

describe("claims in place", () => {
  test("are added to a table of commands without rewriting it", async () => {
    await migratePostgreSQL(sql, before);
    await addCommands();
    const file = await fileOfTable();
    await migratePostgreSQL(sql, fleetMigrations);
    expect(await fileOfTable()).toEqual(file);
    expect(await marks()).toEqual(expected);
  }, 60_000);

  test.each(formerly)(
    "are the same if an earlier version of the statement added them",
    async (up) => {
      await migratePostgreSQL(sql, [...before, { id, up }]);
      await addCommands();
      expect(await migratePostgreSQL(sql, fleetMigrations)).not.toContain(id);
      expect(await marks()).toEqual(expected);
      expect(await indexes()).toEqual(await indexesOfFresh());
      await sql.query("update fleet_commands set status = 'cancelled' where status in ('queued', 'claimed')");
      expect(await marks()).toEqual(statuses.map(() => [false, false]));
    },
    60_000,
  );

  test("track open commands and their last claim through every transition", async () => {
    await migratePostgreSQL(sql, fleetMigrations);
    await addCommands();
    expect(await marks()).toEqual(expected);
    await sql.query("update fleet_commands set status = 'queued' where status = 'awaiting_approval'");
    await sql.query("update fleet_commands set status = 'succeeded' where attempts = 5");
    await sql.query(
      "update fleet_commands set status = 'claimed', attempts = 5, claimed_until = now() where position = 0",
    );
    expect(await marks()).toEqual([
      [true, true],
      [true, false],
      [false, false],
      [false, false],
      [true, false],
    ]);
  }, 60_000);
});
