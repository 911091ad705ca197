import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openingLimitMs } from "@libs/testing";
import { migratePostgreSQL } from "../migrations/migrate-postgresql.ts";
import type { Sql } from "../sql.ts";
import type { PostgreSQLClient } from "./postgresql-client.ts";

/** What `PostgreSQLClient` guarantees with every PostgreSQL behind it. `open` returns a client with an empty schema of its own. */
export function postgresqlContract(name: string, open: () => Promise<PostgreSQLClient>): void {
  describe(name, () => {
    let sql: PostgreSQLClient;

    beforeAll(async () => {
      sql = await open();
      await sql.query("drop schema if exists contract cascade");
      await sql.query("create schema contract");
      await sql.query("create table contract.items (id int primary key, name text, size bigint, data jsonb)");
    }, openingLimitMs);

    afterAll(async () => {
      await sql.query("drop schema contract cascade");
      await sql.close();
    });

    test("rows come back as objects, bigint as a number, jsonb as a value", async () => {
      const values = [1, "o'neil", 9_000_000_000, JSON.stringify({ a: [1] })];
      await sql.query("insert into contract.items values ($1, $2, $3, $4)", values);
      const rows = await sql.query("select * from contract.items where id = $1", [1]);
      expect(rows).toEqual([{ id: 1, name: "o'neil", size: 9_000_000_000, data: { a: [1] } }]);
    });

    test("a prepared statement uses the values of each call, inside and outside a transaction", async () => {
      const add = (sql: Sql, value: number) =>
        sql.query("select $1::int + 1 as sum", [value], { prepareAs: "contract_add" });
      expect(await add(sql, 1)).toEqual([{ sum: 2 }]);
      expect(await Promise.all([add(sql, 2), add(sql, 3)])).toEqual([[{ sum: 3 }], [{ sum: 4 }]]);
      expect(await sql.transaction((transaction) => add(transaction, 4))).toEqual([{ sum: 5 }]);
    });

    test("a transaction that rejects is rolled back and passes its error on", async () => {
      const failed = sql.transaction(async (transaction) => {
        await transaction.query("insert into contract.items values (10)");
        throw new Error("changed my mind");
      });
      expect(failed).rejects.toThrow("changed my mind");
      await failed.catch(() => undefined);
      expect(await sql.query("select 1 from contract.items where id = 10")).toEqual([]);
    });

    test("an error thrown by a transaction's own work is never treated as a lost connection", async () => {
      const refused = sql.transaction(async (transaction) => {
        await transaction.query("select 1");
        throw new Error("the shop is closed: its session has ended, timeout");
      });
      expect(refused).rejects.toThrow("the shop is closed");
      await refused.catch(() => undefined);
      expect(await sql.query("select 1 as one")).toEqual([{ one: 1 }]);
    });

    test("a nested transaction rolls back only itself", async () => {
      await sql.transaction(async (outer) => {
        await outer.query("insert into contract.items values (20)");
        const inner = outer.transaction(async (nested) => {
          await nested.query("insert into contract.items values (21)");
          throw new Error("inner");
        });
        await inner.catch(() => undefined);
      });
      expect(await sql.query("select id from contract.items where id in (20, 21)")).toEqual([{ id: 20 }]);
    });

    test("a transaction that ignores a failed statement rejects, because the server rolled it back", async () => {
      const passedOver = sql.transaction(async (transaction) => {
        await transaction.query("insert into contract.items values (25)");
        await transaction.query("insert into contract.items values (25)").catch(() => undefined);
      });
      expect(passedOver).rejects.toThrow("undone");
      await passedOver.catch(() => undefined);
      expect(await sql.query("select 1 from contract.items where id = 25")).toEqual([]);
    });

    test("a statement error has its SQLSTATE and leaves the client usable", async () => {
      await sql.query("insert into contract.items values (30)");
      const refused = await sql
        .query("insert into contract.items values (30)")
        .catch((thrown: unknown) => thrown);
      expect(refused).toMatchObject({ code: "23505", constraint: "items_pkey" });
      const syntax = await sql.query("selekt 1").catch((thrown: unknown) => thrown);
      expect(syntax).toMatchObject({ code: "42601" });
      expect(await sql.query("select 1 as one")).toEqual([{ one: 1 }]);
    });

    test("concurrent statements each get their own result", async () => {
      const answers = await Promise.all(
        Array.from({ length: 200 }, (_, n) => sql.query<{ n: number }>("select $1::int as n", [n])),
      );
      expect(answers.map((rows) => rows[0]?.n)).toEqual(Array.from({ length: 200 }, (_, n) => n));
    });

    test("it reports that it is up, with the latency", async () => {
      const health = await sql.health();
      expect(health.status).toBe("up");
      expect(health.latencyMs).toBeGreaterThan(0);
    });

    test("migrations are applied once, in order, also by instances that start at the same time", async () => {
      await sql.query("drop table if exists schema_migrations");
      const migrations = [
        { id: "contract/0001-a", up: "create table contract.a (n int); insert into contract.a values (1)" },
        { id: "contract/0002-b", up: "insert into contract.a select n + 1 from contract.a" },
      ];
      const applied = await Promise.all([1, 2, 3].map(() => migratePostgreSQL(sql, migrations)));
      expect(applied.flat()).toEqual(["contract/0001-a", "contract/0002-b"]);
      expect(await sql.query("select n from contract.a order by n")).toEqual([{ n: 1 }, { n: 2 }]);
    });

    test("a migration that was changed after it was applied is refused by name", async () => {
      const changed = migratePostgreSQL(sql, [
        { id: "contract/0001-a", up: "create table contract.other (n int)" },
      ]);
      expect(changed).rejects.toThrow("contract/0001-a was changed");
      await changed.catch(() => undefined);
    });

    test("a failed migration changes nothing, and rolls back those before it", async () => {
      const failed = migratePostgreSQL(sql, [
        { id: "contract/0003-c", up: "create table contract.c (n int)" },
        { id: "contract/0004-d", up: "create table nowhere.d (n int)" },
      ]);
      expect(failed).rejects.toMatchObject({ code: "3F000" });
      await failed.catch(() => undefined);
      expect(await sql.query("select 1 from schema_migrations where id = 'contract/0003-c'")).toEqual([]);
    });

    test("a migration of separate statements runs outside of a transaction, and restarts after an interruption", async () => {
      const steps = (last: string) => ({
        id: "contract/0005-e",
        up: [
          "drop index concurrently if exists contract.items_by_name",
          "create index concurrently items_by_name on contract.items (name)",
          last,
        ],
      });
      const before = { id: "contract/0004-before", up: "select 1" };
      const brokenOff = migratePostgreSQL(sql, [before, steps("select 1 / 0")]);
      expect(brokenOff).rejects.toMatchObject({ code: "22012" });
      await brokenOff.catch(() => undefined);
      const after = { id: "contract/0006-after", up: "select 1" };
      const applied = await migratePostgreSQL(sql, [before, steps("select 1"), after]);
      expect(applied).toEqual(["contract/0005-e", "contract/0006-after"]);
      expect(migratePostgreSQL(sql, [steps("select 2")])).rejects.toThrow("contract/0005-e was changed");
    });

    test("a session uses one connection, which is released even if its work fails", async () => {
      const failed = sql.session(async (session) => {
        await session.query("create temporary table kept (n int)");
        await session.transaction((transaction) => transaction.query("insert into kept values (1)"));
        expect(await session.query("select n from kept")).toEqual([{ n: 1 }]);
        await session.query("drop table kept");
        throw new Error("done");
      });
      expect(failed).rejects.toThrow("done");
      await failed.catch(() => undefined);
      expect(await sql.query("select 1 as one")).toEqual([{ one: 1 }]);
    });
  });
}
