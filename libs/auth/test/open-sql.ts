import { migratePostgreSQL, openPostgreSQL, type SqlClient } from "@libs/database";
import { createTemporaryDirectory, serverUrl } from "@libs/testing";
import { migrations } from "../src/migrations.ts";

export interface TestSql extends SqlClient {
  close(): Promise<void>;
}

/** A database for one test with this library's tables: on the server of DATABASE_URL, or else on the embedded engine. */
export async function openSql(): Promise<TestSql> {
  const url = serverUrl("postgresql");
  return url === null ? await openEmbedded() : await openOnServer(url);
}

async function openEmbedded(): Promise<TestSql> {
  const directory = await createTemporaryDirectory("cartway-auth-");
  const client = await openPostgreSQL({ directory: directory.file("postgresql") });
  return await over(client, async () => {
    await client.close();
    await directory.remove();
  });
}

async function openOnServer(url: string): Promise<TestSql> {
  const name = `auth_${crypto.randomUUID().replaceAll("-", "")}`;
  const server = await openPostgreSQL({ url, poolSize: 1 });
  await server.query(`create database ${name}`);
  const target = new URL(url);
  target.pathname = `/${name}`;
  const client = await openPostgreSQL({ url: target.href });
  return await over(client, async () => {
    await client.close();
    await server.query(`drop database ${name} with (force)`);
    await server.close();
  });
}

async function over(sql: SqlClient, close: () => Promise<void>): Promise<TestSql> {
  await migratePostgreSQL(sql, migrations);
  return {
    query: (text, parameters) => sql.query(text, parameters),
    transaction: (work) => sql.transaction(work),
    session: (work) => sql.session(work),
    close,
  };
}
