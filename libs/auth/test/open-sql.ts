import { PGlite, type Transaction } from "@electric-sql/pglite";
import { migrations } from "../src/migrations.ts";
import type { Sql } from "../src/sql.ts";

/** An embedded database in memory with this library's tables. */
export async function openSql(): Promise<Sql & { close(): Promise<void> }> {
  const database = await PGlite.create();
  for (const { up } of migrations) await database.exec(up);
  const over = (runner: Pick<Transaction, "query">): Pick<Sql, "query"> => ({
    async query<T>(text: string, params: readonly unknown[] = []) {
      return (await runner.query<T>(text, [...params])).rows;
    },
  });
  return {
    ...over(database),
    transaction: (work) =>
      database.transaction((inner) => {
        const sql: Sql = { ...over(inner), transaction: (nested) => nested(sql) };
        return work(sql);
      }),
    close: () => database.close(),
  };
}
