import { afterAll, describe, expect, test, setDefaultTimeout } from "bun:test";
import {
  createTemporaryDirectory,
  freePort,
  openingLimitMs,
  serverSuiteName,
  serverUrl,
  waitUntil,
} from "@libs/testing";
import { migratePostgreSQL } from "../migrations/migrate-postgresql.ts";
import { openPostgreSQL } from "./open-postgresql.ts";
import { postgresqlContract } from "./postgresql-client.contract.ts";
import { PostgreSQLClient } from "./postgresql-client.ts";

// Each opens an engine, some in a process of their own.
setDefaultTimeout(openingLimitMs);

const directory = await createTemporaryDirectory();
afterAll(() => directory.remove());

postgresqlContract("PostgreSQL embedded", () => openPostgreSQL({ directory: directory.file("contract") }));

test("statements share the embedded engine's one connection, and none runs inside another's transaction", async () => {
  const sql = await openPostgreSQL({ directory: directory.file("shared-connection") });
  await sql.query("create table rows (id int primary key)");
  const add = (from: number) =>
    Promise.all(
      Array.from({ length: 50 }, (_, index) => sql.query("insert into rows values ($1)", [from + index])),
    );
  const undone = sql.transaction(async (transaction) => {
    await transaction.query("insert into rows values (1000)");
    throw new Error("changed my mind");
  });
  const outcomes = await Promise.allSettled([
    add(0),
    undone,
    add(50),
    sql.query("insert into rows values (1)"),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "rejected"]);
  expect(await sql.query("select count(*) as count, max(id) as last from rows")).toEqual([
    { count: 100, last: 99 },
  ]);
  await sql.close();
});

test("statements beyond the queue's maximum are refused at once, and those before them are answered", async () => {
  const client = new PostgreSQLClient({
    connection: { host: "127.0.0.1", port: await freePort(), user: "x" },
    poolSize: 1,
    isOneSession: true,
    waitingMax: 2,
  });
  const asked = await Promise.allSettled([1, 2, 3].map(() => client.query("select 1")));
  expect(asked.map((one) => one.status === "rejected" && one.reason.code)).toEqual(
    Array(3).fill("store_unavailable"),
  );
  await client.close();
});

const url = serverUrl("postgresql");
describe.skipIf(url === null)(serverSuiteName("PostgreSQL client", "postgresql"), () => {
  postgresqlContract("PostgreSQL server", () => openPostgreSQL({ url: url ?? "" }));

  test("a migration has no timeout, and other instances wait for it", async () => {
    const open = (queryTimeoutMs: number) =>
      new PostgreSQLClient({ connection: { connectionString: url ?? "" }, poolSize: 1, queryTimeoutMs });
    const clients = [open(300), open(300)];
    const slow = { id: `slow/${crypto.randomUUID()}`, up: "select pg_sleep(0.7)" };
    const applied = await Promise.all(clients.map((sql) => migratePostgreSQL(sql, [slow])));
    expect(applied.flat()).toEqual([slow.id]);
    await Promise.all(clients.map((sql) => sql.close()));
  });

  test("an index is built concurrently with writes while other instances wait for the migration", async () => {
    const open = () => openPostgreSQL({ url: url ?? "" });
    const [sql, waiting] = await Promise.all([open(), open()]);
    const table = `grown_${crypto.randomUUID().replaceAll("-", "")}`;
    await sql.query(`create table ${table} (n int)`);
    const building = { id: table, up: [`create index concurrently on ${table} (n)`] };
    const inProgress = () =>
      sql.query("select 1 from pg_stat_progress_create_index where relid = $1::regclass", [table]);
    let applied: Promise<(readonly string[])[]> = Promise.resolve([]);
    await sql.transaction(async (writer) => {
      await writer.query(`insert into ${table} values (1)`);
      applied = Promise.all([sql, waiting].map((each) => migratePostgreSQL(each, [building])));
      await waitUntil(async () => (await inProgress()).length > 0);
      await sql.query(`insert into ${table} values (2)`);
    });
    expect((await applied).flat()).toEqual([table]);
    await sql.query(`drop table ${table}`);
    await Promise.all([sql.close(), waiting.close()]);
  });

  test("a connection closed by the server fails only its current statement", async () => {
    const sql = await openPostgreSQL({ url: url ?? "", poolSize: 1 });
    const other = await openPostgreSQL({ url: url ?? "", poolSize: 1 });
    const [row] = await sql.query<{ pid: number }>("select pg_backend_pid() as pid");
    await other.query("select pg_terminate_backend($1)", [row?.pid]);
    const [again] = await waitUntil(() => sql.query<{ pid: number }>("select pg_backend_pid() as pid"));
    expect(again?.pid).not.toBe(row?.pid);
    await Promise.all([sql.close(), other.close()]);
  });
});

test("an unreachable server is reported as store_unavailable, without delay after the first attempt, until it is back", async () => {
  const port = await freePort();
  const client = new PostgreSQLClient({ connection: { host: "127.0.0.1", port, user: "x" }, poolSize: 2 });
  const first = client.query("select 1").catch((thrown: unknown) => thrown);
  expect(await first).toMatchObject({ code: "store_unavailable", retryable: true });
  expect((await client.health()).status).toBe("down");
  await client.close();
});

test("a second process cannot open a directory in use, and the error names the process", async () => {
  const path = directory.file("shared");
  const sql = await openPostgreSQL({ directory: path });
  const program = `import { openPostgreSQL } from ${JSON.stringify(`${import.meta.dir}/open-postgresql.ts`)};
    await openPostgreSQL({ directory: ${JSON.stringify(path)} }).catch((thrown) => { console.log(thrown.message); process.exit(3); });`;
  const child = Bun.spawn([process.execPath, "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  expect(await new Response(child.stdout).text()).toContain(`in use by process ${process.pid}`);
  expect(await child.exited).toBe(3);
  await sql.close();
});

test("every acknowledged row is stored after a kill -9 during writes", async () => {
  const path = directory.file("killed");
  const program = `import { openPostgreSQL } from ${JSON.stringify(`${import.meta.dir}/open-postgresql.ts`)};
    const sql = await openPostgreSQL({ directory: ${JSON.stringify(path)} });
    await sql.query("create table rows (n int primary key)");
    for (let n = 0; ; n += 1) { await sql.query("insert into rows values ($1)", [n]); process.stdout.write(n + "\\n"); }`;
  const child = Bun.spawn([process.execPath, "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let output = "";
  while (!output.includes("\n300\n")) output += decoder.decode((await reader.read()).value);
  child.kill("SIGKILL");
  await child.exited;
  const acknowledged = Number(output.trim().split("\n").at(-1));
  const sql = await openPostgreSQL({ directory: path });
  const [row] = await sql.query<{ count: number }>("select count(*) as count from rows where n <= $1", [
    acknowledged,
  ]);
  expect(row?.count).toBe(acknowledged + 1);
  await sql.close();
});
