import { afterAll, beforeAll, expect, test, setDefaultTimeout } from "bun:test";
import { readdirSync } from "node:fs";
import { createTemporaryDirectory, openingLimitMs } from "@libs/testing";
import { Upkeep } from "./embedded-upkeep.ts";
import { openPostgreSQL } from "./open-postgresql.ts";
import type { PostgreSQLClient } from "./postgresql-client.ts";

// Each opens an engine, some in a process of their own.
setDefaultTimeout(openingLimitMs);

const directory = await createTemporaryDirectory("cartway-upkeep-");
let sql: PostgreSQLClient;

beforeAll(async () => {
  sql = await openPostgreSQL({ directory: directory.path });
}, 30_000);

afterAll(async () => {
  await sql.close();
  await directory.remove();
});

/** What statements did is counted at their end, once a second unless it is asked for. */
async function counted(...statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.query(statement);
  await sql.query("select pg_stat_force_next_flush()");
}

test("a table with high turnover keeps its size, and an unchanged one is not vacuumed", async () => {
  await counted("create table busy (id int primary key, text text)", "create table quiet (id int)");
  const churn = async (): Promise<number> => {
    await counted(
      "insert into busy select i, repeat('x', 500) from generate_series(1, 3000) i",
      "delete from busy",
    );
    const [row] = await sql.query<{ size: number }>("select pg_relation_size('busy') as size");
    return row?.size ?? 0;
  };
  const upkeep = new Upkeep(sql, { deadRowsMax: 2000 });
  const once = await churn();
  for (let round = 0; round < 3; round += 1) {
    expect(await upkeep.run()).toEqual([expect.stringMatching(/^vacuum .*public\.busy$/)]);
    expect(await churn()).toBeLessThan(2 * once);
  }
  await sql.query("drop table busy");
});

test("dead rows are vacuumed when the engine is idle, or once they outnumber live ones", async () => {
  await counted(
    "create table busy (id int primary key, text text)",
    "insert into busy select i, 'x' from generate_series(1, 10000) i",
    "update busy set text = 'y' where id <= 4000",
  );
  const upkeep = new Upkeep(sql, { calmTransactions: 30 });
  expect(await upkeep.run()).toEqual([]);
  await counted(...Array<string>(50).fill("select 1"));
  expect(await upkeep.run()).toEqual([]);
  expect(await upkeep.run()).toEqual(["vacuum public.busy"]);
  await sql.query("drop table busy");
});

test("a statement prepared on an empty table is planned again once the table has grown", async () => {
  await counted("create table grown (id int primary key, text text)");
  const ask = () =>
    sql.query(
      "select grown.id from unnest($1::int[]) as asked(id) join grown on grown.id = asked.id",
      [[1, 2]],
      { prepareAs: "upkeep_asked" },
    );
  for (let time = 0; time < 10; time += 1) await ask();
  await counted("insert into grown select i, repeat('x', 100) from generate_series(1, 20000) i");
  expect(await new Upkeep(sql).run()).toEqual(["analyze public.grown"]);
  const [row] = await sql.query<{ "QUERY PLAN": unknown }>(
    "explain (format json) execute upkeep_asked('{1,2}')",
  );
  expect(JSON.stringify(row)).toContain("Index");
  expect(await ask()).toHaveLength(2);
  await sql.query("drop table grown");
});

test("the write-ahead log is truncated at its limit", async () => {
  await counted("create table logged (text text)");
  const upkeep = new Upkeep(sql, { logBytesMax: 8_388_608 });
  const segments = (): number => readdirSync(directory.file("pgdata/pg_wal")).length;
  let most = 0;
  let cuts = 0;
  for (let round = 0; round < 12; round += 1) {
    await sql.query("insert into logged select repeat(md5(i::text), 60) from generate_series(1, 4000) i");
    if ((await upkeep.run()).includes("checkpoint")) cuts += 1;
    most = Math.max(most, segments());
  }
  expect(cuts).toBeGreaterThan(3);
  expect(most).toBeLessThan(8);
  await sql.query("drop table logged");
});
