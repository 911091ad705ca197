import { afterAll, beforeAll, expect, test, setDefaultTimeout } from "bun:test";
import { connect, Socket } from "node:net";
import { PGlite } from "@electric-sql/pglite";
import { createTemporaryDirectory, openingLimitMs, waitUntil } from "@libs/testing";
import { Client } from "pg";
import { createDataDirectory } from "./create-data-directory.ts";
import { type EngineServer, serveEngine } from "./engine-server.ts";
import { startParameters } from "./pglite-parameters.ts";

// Each opens an engine, some in a process of their own.
setDefaultTimeout(openingLimitMs);

const directory = await createTemporaryDirectory("cartway-engine-");
let engine: PGlite;
let server: EngineServer;

beforeAll(async () => {
  await createDataDirectory(directory.file("data"));
  engine = await PGlite.create({ dataDir: directory.file("data"), startParams: startParameters });
  server = await serveEngine(engine, directory.file(".s.PGSQL.5432"));
  const client = await open();
  await client.query("create table items (id int primary key)");
  await client.end();
}, 30_000);

afterAll(async () => {
  await server.stop();
  await engine.close();
  await directory.remove();
});

async function open(socket = new Socket()): Promise<Client> {
  const client = new Client({
    stream: () => socket,
    host: directory.path,
    port: 5432,
    user: "postgres",
    database: "postgres",
    pipeline: true,
  });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

test("pipelined statements are each answered, including those after a failed one", async () => {
  const client = await open();
  const ask = (value: unknown) =>
    client.query<{ half: number }>({ name: "half", text: "select 10 / $1::int as half", values: [value] });
  const outcomes = await Promise.allSettled([ask(1), ask(0), ask(2), client.query("nonsense"), ask(5)]);
  expect(
    outcomes.map((one) => (one.status === "fulfilled" ? one.value.rows[0]?.["half"] : one.reason.code)),
  ).toEqual([10, "22012", 5, "42601", 2]);
  await client.end();
});

test("a result of several megabytes arrives complete", async () => {
  const client = await open();
  const { rows } = await client.query("select repeat('x', 1000) as text from generate_series(1, 5000)");
  expect(rows).toHaveLength(5000);
  await client.end();
});

test("other connections wait for a transaction, and neither see nor end it", async () => {
  const [first, second] = [await open(), await open()];
  await first.query("begin");
  await first.query("insert into items values (1)");
  const order: string[] = [];
  const counted = second.query("select count(*)::int as count from items").then(({ rows }) => {
    order.push("second");
    return rows;
  });
  await first.query("rollback").then(() => order.push("first"));
  expect(await counted).toEqual([{ count: 0 }]);
  expect(order).toEqual(["first", "second"]);
  await Promise.all([first.end(), second.end()]);
});

test("a connection lost during a transaction rolls it back, and others continue", async () => {
  const socket = new Socket();
  const [lost, other] = [await open(socket), await open()];
  await lost.query("begin");
  await lost.query("insert into items values (2)");
  socket.destroy();
  expect((await other.query("select id from items")).rows).toEqual([]);
  await other.query("insert into items values (3)");
  expect((await other.query("select id from items")).rows).toEqual([{ id: 3 }]);
  await other.end();
});

test("a request for encryption is declined, and a cancellation request is closed without an answer", async () => {
  const told: string[] = [];
  for (const code of [80877103, 80877102]) {
    const socket = connect(directory.file(".s.PGSQL.5432"));
    socket.on("data", (bytes) => {
      told.push(bytes.toString("latin1"));
      socket.destroy();
    });
    const request = Buffer.alloc(8);
    request.writeUInt32BE(8, 0);
    request.writeUInt32BE(code, 4);
    socket.write(request);
    await waitUntil(() => socket.closed || socket.destroyed);
  }
  expect(told).toEqual(["N"]);
});

test("a path that cannot be listened on is refused", async () => {
  expect(serveEngine(engine, directory.file("missing/socket"))).rejects.toThrow();
});
