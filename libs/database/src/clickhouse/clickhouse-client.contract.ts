import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openingLimitMs } from "@libs/testing";
import { migrateClickHouse } from "../migrations/migrate-clickhouse.ts";
import type { ClickHouseClient } from "./clickhouse-client.ts";

/** What `ClickHouseClient` guarantees with every ClickHouse behind it. */
export function clickhouseContract(name: string, open: () => Promise<ClickHouseClient>): void {
  describe(name, () => {
    let clickhouse: ClickHouseClient;
    const table = `contract_${crypto.randomUUID().replaceAll("-", "")}`;

    beforeAll(async () => {
      clickhouse = await open();
      await clickhouse.command(`CREATE TABLE ${table} (id String, n UInt32) ENGINE = MergeTree ORDER BY id`);
    }, openingLimitMs);

    afterAll(async () => {
      await clickhouse.command(`DROP TABLE ${table}`);
      await clickhouse.close();
    });

    test("inserted rows are readable when the insert resolves, whatever text they contain", async () => {
      await clickhouse.insert(table, [
        { id: 'it\'s \\ "q"\n€', n: 1 },
        { id: "plain", n: 2 },
      ]);
      const rows = await clickhouse.query(`SELECT * FROM ${table} WHERE n < 3 ORDER BY n`);
      expect(rows).toEqual([
        { id: 'it\'s \\ "q"\n€', n: 1 },
        { id: "plain", n: 2 },
      ]);
    });

    test("rows given as JSON lines equal rows given as objects", async () => {
      await clickhouse.insertLines(table, '{"id":"l1","n":11}\n{"id":"l2","n":12}\n');
      expect(await clickhouse.query(`SELECT id FROM ${table} WHERE n IN (11, 12) ORDER BY n`)).toEqual([
        { id: "l1" },
        { id: "l2" },
      ]);
    });

    test("inserts release their connection: more of them than connections all complete", async () => {
      for (let n = 100; n < 140; n += 1) await clickhouse.insertLines(table, `{"id":"many","n":${n}}`);
      const rows = await clickhouse.query(`SELECT toUInt32(count()) AS rows FROM ${table} WHERE id = 'many'`);
      expect(rows).toEqual([{ rows: 40 }]);
    }, 20_000);

    test("inserting no rows does nothing", async () => {
      await clickhouse.insert(table, []);
      await clickhouse.insertLines(table, "");
    });

    test("parameters are bound by the server, lists included", async () => {
      const rows = await clickhouse.query("SELECT {s:String} AS s, has({l:Array(String)}, 'x''y') AS found", {
        s: "'; DROP TABLE t; --",
        l: ["a", "x'y"],
      });
      expect(rows).toEqual([{ s: "'; DROP TABLE t; --", found: 1 }]);
    });

    test("a query error has ClickHouse's own type and leaves the client usable", async () => {
      await expect(clickhouse.query("SELECT * FROM missing_table")).rejects.toMatchObject({
        type: "UNKNOWN_TABLE",
      });
      expect(await clickhouse.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
    });

    test("an error for lack of memory or time is retryable and leaves the client usable", async () => {
      const large =
        "SELECT number AS n FROM numbers(5000000) GROUP BY n FORMAT Null SETTINGS max_memory_usage = 1000000";
      await expect(clickhouse.command(large)).rejects.toMatchObject({
        code: "store_unavailable",
        retryable: true,
        internal: "ClickHouse cannot for now: MEMORY_LIMIT_EXCEEDED",
      });
      expect(await clickhouse.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
    });

    test("it reports that it is up", async () => {
      expect((await clickhouse.health()).status).toBe("up");
    });

    test("migrations are applied once and a changed one is refused by name", async () => {
      const id = `${table}/0001`;
      const migration = { id, up: `CREATE TABLE IF NOT EXISTS ${table}_m (n UInt8) ENGINE = Memory` };
      expect(await migrateClickHouse(clickhouse, [migration])).toEqual([id]);
      expect(await migrateClickHouse(clickhouse, [migration])).toEqual([]);
      await expect(migrateClickHouse(clickhouse, [{ id, up: "SELECT 1" }])).rejects.toThrow(
        `${id} was changed`,
      );
      await clickhouse.command(`DROP TABLE ${table}_m`);
    });
  });
}
