import { migratePostgreSQL, openPostgreSQL, type PostgreSQLClient } from "@libs/database";
import { createTemporaryDirectory, serverUrl } from "@libs/testing";
import { fleetMigrations } from "../../src/migrations/fleet-migrations.ts";

export interface TestSql {
  readonly sql: PostgreSQLClient;
  close(): Promise<void>;
}

/** A database of the test's own with the fleet's tables, on the embedded engine. */
export async function openEmbeddedSql(): Promise<TestSql> {
  const directory = await createTemporaryDirectory("cartway-fleet-");
  const sql = await openPostgreSQL({ directory: directory.file("postgresql") });
  await migratePostgreSQL(sql, fleetMigrations);
  return {
    sql,
    async close() {
      await sql.close();
      await directory.remove();
    },
  };
}

/** The same on the server of DATABASE_URL. */
export async function openServerSql(): Promise<TestSql> {
  const url = serverUrl("postgresql");
  if (url === null) throw new Error("DATABASE_URL is not set");
  const name = `fleet_${crypto.randomUUID().replaceAll("-", "")}`;
  const server = await openPostgreSQL({ url, poolSize: 1 });
  await server.query(`create database ${name}`);
  const target = new URL(url);
  target.pathname = `/${name}`;
  const sql = await openPostgreSQL({ url: target.href });
  await migratePostgreSQL(sql, fleetMigrations);
  return {
    sql,
    async close() {
      await sql.close();
      await server.query(`drop database ${name} with (force)`);
      await server.close();
    },
  };
}

/** On the server if there is one, otherwise on the embedded engine. */
export function openSql(): Promise<TestSql> {
  return serverUrl("postgresql") === null ? openEmbeddedSql() : openServerSql();
}
