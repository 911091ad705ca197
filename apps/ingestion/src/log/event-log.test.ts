import { afterAll, beforeAll, expect, test } from "bun:test";
import { cp, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { createMemoryLogger } from "@libs/monitoring";
import { createTemporaryDirectory, openingLimitMs, type TemporaryDirectory, waitUntil } from "@libs/testing";
import { type EventStore, openEventStore } from "../../test/support/open-event-store.ts";
import { KnownIds } from "../events/known-ids.ts";
import type { StoredEvent } from "../events/stored-event.ts";
import { createClickHouseLog } from "./clickhouse-log.ts";
import { eventLogContract, idsOf, losing, type OpenedLog, stored } from "./event-log.contract.ts";
import { retiredName, segmentName } from "./journal-names.ts";
import { JournaledLog, type JournaledLogOptions } from "./journaled-log.ts";

let directory: TemporaryDirectory;
let store: EventStore;
let journals = 0;

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  store = await openEventStore();
}, openingLimitMs);

afterAll(async () => {
  await store.close();
  await directory.remove();
});

async function openDirect(): Promise<OpenedLog> {
  const readable: StoredEvent[] = [];
  const opened = { readable, answersLost: false };
  const log = createClickHouseLog({
    clickhouse: losing(store.clickhouse, opened),
    onReadable: (events) => readable.push(...events),
  });
  await log.open();
  return Object.assign(opened, { log });
}

async function openJournaled(
  path = directory.file(`journal-${journals++}`),
  options: Partial<JournaledLogOptions> = {},
): Promise<OpenedLog> {
  const readable: StoredEvent[] = [];
  const opened = { readable, answersLost: false };
  const log = new JournaledLog(
    {
      clickhouse: losing(store.clickhouse, opened),
      directory: path,
      logger: createMemoryLogger().logger,
      onWaiting: () => undefined,
      onFileLeft: () => undefined,
      onReadable: (events) => readable.push(...events),
    },
    options,
  );
  await log.open();
  return Object.assign(opened, { log });
}

eventLogContract("ClickHouse log", openDirect, () => store.clickhouse);
eventLogContract("journaled log", openJournaled, () => store.clickhouse);

/** So long that nothing is inserted into ClickHouse until somebody wants to read it. */
const never = { paceMs: 3_600_000 };

test("events acknowledged by a killed process are in the log once, before the next process accepts any", async () => {
  const path = directory.file("killed");
  const session = crypto.randomUUID();
  const { log } = await openJournaled(path, never);
  await log.append([stored(session, "first")]);
  await log.readable();
  await log.append([stored(session, "on the way"), stored(session, "too")]);
  expect(log.isAhead(session)).toBe(true);
  // the state after a kill: the files unchanged
  await cp(path, `${path}-left`, { recursive: true });
  expect(await idsOf(store.clickhouse, session)).toEqual(["first"]);

  const { log: next } = await openJournaled(`${path}-left`, never);
  expect(await idsOf(store.clickhouse, session)).toEqual(["first", "on the way", "too"]);
  await next.close();
});

test("an insert whose answer is lost is repeated, and its events are stored once", async () => {
  const opened = await openJournaled(undefined, { paceMs: 0 });
  const { log, readable } = opened;
  const session = crypto.randomUUID();
  opened.answersLost = true;
  await log.append([stored(session, "a")]);
  await expect(log.readable()).rejects.toMatchObject({ code: "store_unavailable" });
  expect(log.isAhead(session)).toBe(true);
  opened.answersLost = false;
  await log.append([stored(session, "b")]);
  await waitUntil(() => readable.length === 2, { what: "the log to have both" });
  expect(await idsOf(store.clickhouse, session)).toEqual(["a", "b"]);
  await log.close();
});

test("events in flight are bounded", async () => {
  const { log } = await openJournaled(undefined, { paceMs: 3_600_000, waitingEventsMax: 2 });
  const session = crypto.randomUUID();
  // the first goes at once: only later ones are paced
  await log.append([stored(session, "a")]);
  await log.readable();
  expect(log.hasRoom).toBe(true);
  await log.append([stored(session, "b"), stored(session, "c")]);
  expect(log.hasRoom).toBe(false);
  await log.readable();
  expect(log.hasRoom).toBe(true);
  await log.close();
});

test("events in flight are bounded by what they hold, however few they are", async () => {
  const { log } = await openJournaled(undefined, { ...never, waitingCharsMax: 1000 });
  const session = crypto.randomUUID();
  await log.append([stored(session, "a")]);
  await log.readable();
  expect(log.hasRoom).toBe(true);
  await log.append([stored(session, "b".repeat(1000))]);
  expect(log.hasRoom).toBe(false);
  await log.readable();
  expect(log.hasRoom).toBe(true);
  await log.close();
});

test("an event in flight is known even if its session was evicted meanwhile", async () => {
  const { log } = await openJournaled(undefined, never);
  const known = new KnownIds({ clickhouse: store.clickhouse, log });
  const session = crypto.randomUUID();
  await log.append([stored(session, "warm-up")]);
  await log.readable();
  const { event, sequence } = stored(session, "on the way");
  await log.append([{ event, sequence }]);
  await known.load([event]);
  expect(known.compare(event)).toBe("same");
  await log.close();
});

test("if the journal cannot be written, events are refused as retryable", async () => {
  const path = directory.file("unwritable");
  const { log } = await openJournaled(path);
  await log.close();
  await expect(log.append([stored("s", "e")])).rejects.toMatchObject({
    code: "store_unavailable",
    retryable: true,
  });
});

test("a journal file that cannot be released delays no later event", async () => {
  const path = directory.file("held");
  const { log, readable } = await openJournaled(path, { paceMs: 0 });
  // where the first full file would wait for reuse
  await mkdir(join(path, retiredName(1)));
  const session = crypto.randomUUID();
  const ids = ["a", "b", "c", "d"].map((letter) => letter.repeat(3 * 1024 * 1024));
  for (const id of ids) {
    await log.append([stored(session, id)]);
    await log.readable();
  }
  expect(await readdir(path)).toContain(segmentName(1));
  await log.append([stored(session, "after")]);
  await log.readable();
  expect(readable.map(({ event }) => event.id.slice(0, 5))).toEqual([
    "aaaaa",
    "bbbbb",
    "ccccc",
    "ddddd",
    "after",
  ]);
  await log.close();
});
