import { afterAll, expect, test } from "bun:test";
import { openClickHouse } from "@libs/database";
import { createTemporaryDirectory, waitUntil } from "@libs/testing";
import { openSocket } from "./support/socket-client.ts";
import { spawnPlatform } from "./support/spawn-platform.ts";

const directory = await createTemporaryDirectory();
const platform = await spawnPlatform(directory.path);
afterAll(async () => {
  await platform.kill();
  await directory.remove();
});
const socketUrl = `${platform.url.replace("http", "ws")}/ws`;

test("kill -9 during a stream of events: every acknowledged event is stored, and none twice", async () => {
  const frames = Array.from({ length: 3000 }, (_, n) => ({
    type: "cart_event",
    id: `kill-${n}`,
    sessionId: `session-${n % 200}`,
    payload: { type: "view_page", page: { kind: "product", durationMs: n } },
  }));
  const acknowledged = new Set<string>();

  const first = await platform.start();
  const socket = await openSocket(socketUrl);
  for (const frame of frames.slice(0, 2000)) socket.send(frame);
  await socket.frames.atLeast(800, { timeoutMs: 30_000 });
  // in flight when it ends; the last ones were never sent, so that some certainly have no answer
  for (const frame of frames.slice(2000, 2900)) socket.send(frame);
  first.kill("SIGKILL");
  await Promise.all([first.exited, socket.closed]);
  for (const frame of socket.frames.all)
    if (frame.type === "ack" && frame.id !== undefined) acknowledged.add(frame.id);
  const before = acknowledged.size;

  const second = await platform.start();
  const again = await openSocket(socketUrl);
  // What was not answered is sent again, and some of what was: both are the same events as before.
  for (const frame of frames) if (!acknowledged.has(frame.id) || Math.random() < 0.2) again.send(frame);
  await waitUntil(
    () => {
      for (const frame of again.frames.all)
        if (frame.type === "ack" && frame.id !== undefined) acknowledged.add(frame.id);
      return acknowledged.size === frames.length;
    },
    { timeoutMs: 60_000, what: "all events to be acknowledged" },
  );
  again.close();
  second.kill("SIGTERM");
  expect(await second.exited).toBe(0);

  expect(before).toBeLessThan(frames.length);
  const clickhouse = await openClickHouse({ directory: directory.file("clickhouse") });
  const [row] = await clickhouse.query(
    "SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(id)) AS ids FROM events",
  );
  await clickhouse.close();
  expect(row).toEqual({ rows: frames.length, ids: frames.length });
}, 180_000);
