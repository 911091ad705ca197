import { expect, test } from "bun:test";
import { createTemporaryDirectory } from "@libs/testing";
import { clearGrownTables } from "./embedded-upkeep.ts";
import { openPostgreSQL } from "./open-postgresql.ts";

test("a table whose rows come and go keeps its size, and one that has not grown is left alone", async () => {
  await using directory = await createTemporaryDirectory("cartway-upkeep-");
  const sql = await openPostgreSQL({ directory: directory.path });
  await sql.query("create table busy (id int primary key, text text)");
  await sql.query("create table quiet (id int primary key)");
  const churn = async (): Promise<number> => {
    await sql.query("insert into busy select i, repeat('x', 500) from generate_series(1, 5000) i");
    await sql.query("delete from busy");
    const [row] = await sql.query<{ size: number }>("select pg_relation_size('busy') as size");
    return row?.size ?? 0;
  };
  const once = await churn();
  expect(await clearGrownTables(sql)).toEqual(["public.busy"]);
  for (let round = 0; round < 4; round += 1) {
    expect(await churn()).toBeLessThan(2 * once);
    await clearGrownTables(sql);
  }
  await sql.close();
});

test("a statement that was prepared while its table was empty is planned anew when it has grown", async () => {
  await using directory = await createTemporaryDirectory("cartway-upkeep-");
  const sql = await openPostgreSQL({ directory: directory.path });
  await sql.query("create table grown (id int primary key, text text)");
  await sql.query("create table other (id int primary key)");
  const ask = () =>
    sql.query(
      "select grown.id from unnest($1::int[]) as asked(id) join grown on grown.id = asked.id",
      [[1, 2]],
      { prepareAs: "upkeep_asked" },
    );
  for (let time = 0; time < 10; time += 1) await ask();
  await sql.query("insert into grown select i, repeat('x', 100) from generate_series(1, 20000) i");
  expect(await clearGrownTables(sql)).toEqual(["public.grown"]);
  const [row] = await sql.query<{ "QUERY PLAN": unknown }>(
    "explain (format json) execute upkeep_asked('{1,2}')",
  );
  expect(JSON.stringify(row)).toContain("Index");
  expect(await ask()).toHaveLength(2);
  await sql.close();
});
