import { describe, expect, test } from "bun:test";
import { openPostgreSQL } from "@libs/database";
import { serverSuiteName, serverUrl } from "@libs/testing";
import { transact } from "./transact.ts";

const url = serverUrl("postgresql");

describe.skipIf(url === null)(serverSuiteName("transactions that wait for each other", "postgresql"), () => {
  test("are both committed, even if the database aborts one of them", async () => {
    const sql = await openPostgreSQL({ url: url ?? "", poolSize: 4 });
    const table = `fleet_crosswise_${crypto.randomUUID().replaceAll("-", "")}`;
    await sql.query(`create table ${table} (id int primary key, count int not null)`);
    await sql.query(`insert into ${table} values (1, 0), (2, 0)`);
    const both = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    let begun = 0;
    const add = (first: number, second: number) =>
      transact(sql, async (transaction) => {
        begun += 1;
        await transaction.query(`update ${table} set count = count + 1 where id = $1`, [first]);
        both[first - 1]?.resolve();
        // each has its first row before either asks for its second
        await Promise.all(both.map(({ promise }) => promise));
        await transaction.query(`update ${table} set count = count + 1 where id = $1`, [second]);
      });
    await Promise.all([add(1, 2), add(2, 1)]);
    expect(begun).toBe(3);
    expect(await sql.query(`select count from ${table}`)).toEqual([{ count: 2 }, { count: 2 }]);
    await sql.query(`drop table ${table}`);
    await sql.close();
  });

  test("that fail for another reason are not repeated", async () => {
    const sql = await openPostgreSQL({ url: url ?? "", poolSize: 1 });
    let begun = 0;
    const failed = transact(sql, async (transaction) => {
      begun += 1;
      await transaction.query("selekt 1");
    });
    await expect(failed).rejects.toMatchObject({ code: "42601" });
    expect(begun).toBe(1);
    await sql.close();
  });
});
