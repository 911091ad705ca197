import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";

let directory: string;
let server: Bun.Subprocess<"ignore", "pipe", "inherit">;
let client: ClickHouseClient;
let url: string;

// A process of its own: the engine binds one data directory a process, and other suites open theirs.
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cartway-clickhouse-"));
  server = Bun.spawn(
    [process.execPath, join(import.meta.dir, "main.ts"), "--directory", directory, "--port", "0"],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const { value } = await server.stdout.getReader().read();
  url = /http:\S+/.exec(new TextDecoder().decode(value))?.[0] ?? "";
  client = createClient({ url, log: { level: ClickHouseLogLevel.OFF } });
  await client.command({ query: "CREATE TABLE t (id String, n UInt32) ENGINE = MergeTree ORDER BY id" });
});

afterAll(async () => {
  await client.close();
  server.kill();
  await server.exited;
  await rm(directory, { recursive: true, force: true });
});

test("rows inserted with the official client are read back with it", async () => {
  await client.insert({
    table: "t",
    format: "JSONEachRow",
    values: [
      { id: "a'\\b\t", n: 1 },
      { id: "b", n: 2 },
    ],
  });
  const result = await client.query({ query: "SELECT * FROM t ORDER BY n", format: "JSONEachRow" });
  expect(await result.json<{ id: string; n: number }>()).toEqual([
    { id: "a'\\b\t", n: 1 },
    { id: "b", n: 2 },
  ]);
});

test("parameters reach the engine unchanged, quotes, backslashes and arrays included", async () => {
  const result = await client.query({
    query: "SELECT {s:String} AS s, {l:Array(String)} AS l, {n:UInt32} AS n",
    query_params: { s: "it's \\ a\ttab", l: ["x'y", "z\\"], n: 7 },
    format: "JSONEachRow",
  });
  expect(await result.json<unknown>()).toEqual([{ s: "it's \\ a\ttab", l: ["x'y", "z\\"], n: 7 }]);
});

test("a setting of one request does not affect concurrent ones", async () => {
  const ask = async (settings: { max_block_size?: string }) => {
    const result = await client.query({
      query: "SELECT toString(getSetting('max_block_size')) AS size",
      format: "JSONEachRow",
      clickhouse_settings: settings,
    });
    return (await result.json<{ size: string }>())[0]?.size;
  };
  const plain = await ask({});
  for (let round = 0; round < 10; round += 1) {
    const beside = await Promise.all([
      ask({ max_block_size: "777" }),
      ask({}),
      ask({ max_block_size: "888" }),
      ask({}),
    ]);
    expect(beside).toEqual(["777", plain, "888", plain]);
  }
});

test("an error carries ClickHouse's own code and type", async () => {
  const failure = client.query({ query: "SELECT * FROM missing" });
  await expect(failure).rejects.toMatchObject({ code: "60", type: "UNKNOWN_TABLE" });
});

test("a setting applies to its own request and to no other", async () => {
  const query = "SELECT getSetting('max_block_size') AS size";
  const before = await client.query({ query, format: "JSONEachRow" });
  const set = await client.query({
    query,
    clickhouse_settings: { max_block_size: "77" },
    format: "JSONEachRow",
  });
  expect(await set.json<unknown>()).toEqual([{ size: 77 }]);
  const after = await client.query({ query, format: "JSONEachRow" });
  expect(await after.text()).toBe(await before.text());
});

test("a hostile setting name is refused and runs nothing", async () => {
  const response = await fetch(`${url}?query=SELECT%201&x%3B%20DROP%20TABLE%20t=1`, { method: "POST" });
  expect(response.status).toBe(500);
  expect(await response.text()).toContain("not valid");
});

test("the server answers a ping and no other path", async () => {
  expect(await client.ping()).toEqual({ success: true });
  expect((await fetch(new URL("/nothing", url))).status).toBe(404);
});
