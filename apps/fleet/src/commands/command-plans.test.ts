import { afterAll, beforeAll, expect, test } from "bun:test";
import { openingLimitMs } from "@libs/testing";
import { createMemoryLogger } from "@libs/monitoring";
import { openEmbeddedSql, type TestSql } from "../../test/support/open-sql.ts";
import { recordCommand } from "../../test/support/record-command.ts";
import { createWakeups } from "../live/wakeups.ts";
import { commandMachine } from "../model/command-states.ts";
import { nextState } from "../model/state-machine.ts";
import { createPostgreSQLQueue, durableEpoch } from "../queue/postgresql-queue.ts";
import { createTableClaims } from "./claims.ts";
import { CommandFeeder } from "./command-feeder.ts";
import { createResultRecord } from "./result-record.ts";

let opened: TestSql;
beforeAll(async () => {
  opened = await openEmbeddedSql();
}, openingLimitMs);
afterAll(() => opened.close());

const nowMs = Date.now();

/** A recorded command in the queue, claimed. @returns what its holder shows with the result */
async function claimOne() {
  const { sql } = opened;
  const { deviceId, commandId } = await recordCommand(sql);
  const deadlineMs = nowMs + 3_600_000;
  const entry = { commandId, deviceId, priority: 5, createdAtMs: nowMs, deadlineMs, attemptsMax: 3 };
  await createPostgreSQLQueue(sql).put([entry]);
  const claimDigest = new Bun.CryptoHasher("sha256").update(commandId).digest("hex");
  const request = { deviceId, max: 1, visibilityMs: 30_000, claimDigest, nowMs };
  expect((await createTableClaims(sql).make(request)).rows).toHaveLength(1);
  return { commandId, deviceId, claimDigest };
}

async function readsOf(index: string): Promise<number> {
  await opened.sql.query("select pg_stat_force_next_flush()");
  const [row] = await opened.sql.query<{ reads: number }>(
    "select idx_tup_read::int as reads from pg_stat_user_indexes where indexrelname = $1",
    [index],
  );
  return row?.reads ?? Number.NaN;
}

test("a claim updates its row in place: it writes no index and leaves nothing to vacuum", async () => {
  const { sql } = opened;
  const updates = async (): Promise<{ all: number; inPlace: number } | undefined> => {
    await sql.query("select pg_stat_force_next_flush()");
    const [row] = await sql.query<{ all: number; inPlace: number }>(
      `select n_tup_upd::int as "all", n_tup_hot_upd::int as "inPlace" from pg_stat_user_tables
        where relname = 'fleet_commands'`,
    );
    return row;
  };
  const before = await updates();
  for (let time = 0; time < 5; time += 1) await claimOne();
  const after = await updates();
  expect((after?.all ?? 0) - (before?.all ?? 0)).toBe(5);
  expect((after?.inPlace ?? 0) - (before?.inPlace ?? 0)).toBe(5);
});

test("a result reads its own command and session only, however many others are open", async () => {
  const { sql } = opened;
  const results = createResultRecord(sql);
  for (let time = 0; time < 100; time += 1) await recordCommand(sql);
  await sql.query("analyze fleet_commands, fleet_sessions, fleet_devices");
  const held = await claimOne();
  const before = [await readsOf("fleet_commands_open_of_device"), await readsOf("fleet_sessions_running")];
  const taken = await results.add({
    ...held,
    at: new Date(nowMs + 1),
    status: nextState(commandMachine, "claimed", "succeed"),
    event: "succeed",
    result: { outcome: "succeeded", message: null, output: null },
    resultHash: held.claimDigest,
  });
  expect(taken).toMatchObject({ session_end: "completed" });
  expect([await readsOf("fleet_commands_open_of_device"), await readsOf("fleet_sessions_running")]).toEqual(
    before,
  );
});

test("commands missing in the queue are found without reading those in it", async () => {
  const { sql } = opened;
  const live = {
    commandsWaiting() {},
    commandsCancelled() {},
    tellCustomer() {},
    disconnect: async () => {},
  };
  const { logger } = createMemoryLogger();
  const feeder = new CommandFeeder({
    sql,
    queue: createPostgreSQLQueue(sql),
    wakeups: createWakeups(null),
    live,
    logger,
  });
  await sql.query(
    `insert into fleet_commands (id, session_id, customer_id, device_id, position, kind, version, parameters, risk,
      needs_approval, priority, deadline_at, attempts_max, status, enqueued_epoch, created_at, updated_at)
    select gen_random_uuid(), gen_random_uuid(), 'c', gen_random_uuid(), 0, 'run_check', 1, '{}', 'low', false, 5,
      now() + interval '1 hour', 3, 'queued', $1, now(), now() from generate_series(1, 5000)`,
    [durableEpoch],
  );
  // puts in what other tests left, then marks it
  await feeder.restore();
  await feeder.restore();
  await sql.query("vacuum fleet_commands");
  const rowsRead = async (): Promise<number> => {
    await sql.query("select pg_stat_force_next_flush()");
    const [row] = await sql.query<{ rows: number }>(
      "select (seq_tup_read + idx_tup_fetch)::int as rows from pg_stat_user_tables where relname = 'fleet_commands'",
    );
    return row?.rows ?? Number.NaN;
  };
  const before = await rowsRead();
  await feeder.restore();
  expect((await rowsRead()) - before).toBe(0);
});
