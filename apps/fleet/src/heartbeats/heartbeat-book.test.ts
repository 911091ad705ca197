import { expect, test } from "bun:test";
import { ClickHouseClient, type Sql } from "@libs/database";
import { createMemoryLogger, createMetrics } from "@libs/monitoring";
import { createFleetMetrics } from "../fleet-metrics.ts";
import { type Heartbeat, HeartbeatBook } from "./heartbeat-book.ts";

const beat = (deviceId: string, atMs: number): Heartbeat => ({
  deviceId,
  customerId: "c",
  atMs,
  reported: { status: "ok", agentVersion: null },
  metrics: { load: atMs },
});

/** Stores whose writes can be made to fail. */
function start(waitingMax?: number) {
  const stores = { areAway: false };
  const rows: unknown[] = [];
  const statuses: unknown[] = [];
  class Engine extends ClickHouseClient {
    override async insert(_table: string, added: readonly object[]): Promise<void> {
      if (stores.areAway) throw new Error("ClickHouse is away");
      rows.push(...added);
    }
  }
  const sql: Sql = {
    query(_text, values = []) {
      if (stores.areAway) return Promise.reject(new Error("PostgreSQL is away"));
      statuses.push(values);
      return Promise.resolve([]);
    },
    transaction: (work) => work(sql),
  };
  const registry = createMetrics({ service: "fleet", processMetrics: false });
  const book = new HeartbeatBook({
    sql,
    clickhouse: new Engine({} as ConstructorParameters<typeof ClickHouseClient>[0]),
    logger: createMemoryLogger().logger,
    metrics: createFleetMetrics(registry),
    ...(waitingMax === undefined ? {} : { waitingMax }),
  });
  return { book, stores, rows, statuses, registry };
}

test("each device's last heartbeat is its status, and every heartbeat is kept", async () => {
  const { book, rows, statuses } = start();
  for (const [id, at] of [
    ["a", 1000],
    ["b", 1000],
    ["a", 2000],
  ] as const)
    book.add(beat(id, at));
  await book.flush();
  expect(rows).toHaveLength(3);
  expect(statuses).toEqual([
    ["{a,b}", "{1970-01-01T00:00:02.000Z,1970-01-01T00:00:01.000Z}", expect.any(Array)],
  ]);
  await book.flush();
  expect(rows).toHaveLength(3);
});

test("failed writes are repeated when the stores are back, and newer statuses win", async () => {
  const { book, stores, rows, statuses } = start();
  stores.areAway = true;
  book.add(beat("a", 1000));
  await expect(book.flush()).rejects.toThrow("away");
  book.add(beat("a", 2000));
  stores.areAway = false;
  await book.flush();
  expect(rows).toHaveLength(2);
  expect(statuses).toEqual([["{a}", "{1970-01-01T00:00:02.000Z}", expect.any(Array)]]);
});

test("during a long outage of ClickHouse the oldest heartbeats are dropped, and counted", async () => {
  const { book, stores, rows, registry } = start(100);
  stores.areAway = true;
  for (let at = 0; at < 150; at += 1) book.add(beat("a", at));
  stores.areAway = false;
  await book.flush();
  expect(rows.length).toBeLessThanOrEqual(100);
  expect(await registry.render()).toContain(`cartway_fleet_heartbeats_dropped_total ${150 - rows.length}`);
});
