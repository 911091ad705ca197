import { afterAll, beforeAll, expect, test } from "bun:test";
import { createMemoryLogger } from "@libs/monitoring";
import { openingLimitMs } from "@libs/testing";
import { openEmbeddedSql, type TestSql } from "../../test/support/open-sql.ts";
import { recordCommand } from "../../test/support/record-command.ts";
import { createWakeups } from "../live/wakeups.ts";
import type { CommandQueue } from "../queue/command-queue.ts";
import { createPostgreSQLQueue } from "../queue/postgresql-queue.ts";
import { CommandFeeder } from "./command-feeder.ts";

let opened: TestSql;
beforeAll(async () => {
  opened = await openEmbeddedSql();
}, openingLimitMs);
afterAll(() => opened.close());

const silent = {
  commandsWaiting: () => undefined,
  commandsCancelled: () => undefined,
  tellCustomer: () => undefined,
  disconnect: () => Promise.resolve(),
};

/** A queue that can be unavailable and can lose all its entries. */
function start() {
  const inner = createPostgreSQLQueue(opened.sql);
  const state = { isAway: false, epoch: "first" };
  const answer = <T>(call: () => Promise<T>): Promise<T> =>
    state.isAway ? Promise.reject(new Error("the queue is away")) : call();
  const queue: CommandQueue = {
    put: (entries) => answer(() => inner.put(entries)),
    claim: (request) => answer(() => inner.claim(request)),
    extend: (request) => answer(() => inner.extend(request)),
    remove: (keys) => answer(() => inner.remove(keys)),
    epoch: () => answer(() => Promise.resolve(state.epoch)),
  };
  const { logger, lines } = createMemoryLogger();
  const parts = { sql: opened.sql, queue, wakeups: createWakeups(null), live: silent, logger };
  return { feeder: new CommandFeeder(parts), state, queue, lines };
}

const claim = async (queue: CommandQueue, deviceId: string) => {
  const request = {
    deviceId,
    max: 5,
    visibilityMs: 1000,
    claimDigest: crypto.randomUUID(),
    nowMs: Date.now(),
  };
  return (await queue.claim(request)).map((one) => one.commandId);
};

test("a command that could not be queued is queued when the queue is back", async () => {
  const { feeder, state, queue, lines } = start();
  const { deviceId, commandId } = await recordCommand(opened.sql);
  state.isAway = true;
  const entry = { commandId, deviceId, priority: 5, createdAtMs: 0, deadlineMs: 1, attemptsMax: 1 };
  await feeder.feed([entry]);
  await feeder.forget([entry]);
  await expect(feeder.restore()).rejects.toThrow("away");
  expect(lines.length).toBe(2);
  state.isAway = false;
  await feeder.restore();
  expect(await claim(queue, deviceId)).toEqual([commandId]);
});

test("entries lost with the queue's epoch are queued again, and nothing twice within one epoch", async () => {
  const { feeder, state, queue } = start();
  const { deviceId, commandId } = await recordCommand(opened.sql);
  await feeder.restore();
  await opened.sql.query("delete from fleet_queue where command_id = $1", [commandId]);
  await feeder.restore();
  await feeder.restore();
  expect(await claim(queue, deviceId)).toEqual([]);
  state.epoch = "second";
  await feeder.restore();
  expect(await claim(queue, deviceId)).toEqual([commandId]);
});
