import { afterAll, expect, test } from "bun:test";
import type { ClickHouseClient, ClickHouseParameters } from "@libs/database";
import { toRow } from "../src/events/events-table.ts";
import { KnownIds } from "../src/events/known-ids.ts";
import { openEventStore } from "./support/open-event-store.ts";
import { viewOf } from "./support/view-of.ts";

/** A log without events in flight. */
const log = { isAhead: () => false, readable: () => Promise.resolve() };
const store = await openEventStore();
const { clickhouse } = store;
afterAll(() => store.close());

test("stored events are known by content after their session was read", async () => {
  await clickhouse.insertLines("events", toRow(viewOf("s-1", "e-1", 7), 1));
  const known = new KnownIds({ clickhouse, log });
  await known.load([viewOf("s-1", "e-1")]);
  expect(known.compare(viewOf("s-1", "e-1", 7))).toBe("same");
  expect(known.compare(viewOf("s-1", "e-1", 8))).toBe("different");
  expect(known.compare(viewOf("s-1", "e-2", 7))).toBe("new");
});

test("a session evicted for lack of room is read again, and none of its events counts as new", async () => {
  const known = new KnownIds({ clickhouse, log, idsMax: 10 });
  for (let session = 0; session < 20; session += 1) {
    const events = Array.from({ length: 3 }, (_, n) => viewOf(`many-${session}`, `m-${session}-${n}`));
    await known.load(events);
    await clickhouse.insertLines("events", events.map((one) => toRow(one, session)).join("\n"));
    known.add(events);
  }
  const first = viewOf("many-0", "m-0-1");
  expect(known.compare(first)).toBe("new");
  await known.load([first]);
  expect(known.compare(first)).toBe("same");
});

/** Counts ClickHouse queries, and the maximum of rows that one returned. */
function counted() {
  const told = { queries: 0, rowsMax: 0 };
  const query: ClickHouseClient["query"] = async (text, parameters) => {
    const rows = await clickhouse.query<never>(text, parameters);
    told.queries += 1;
    told.rowsMax = Math.max(told.rowsMax, rows.length);
    return rows;
  };
  return { told, clickhouse: { query } };
}

test("sessions without new events are evicted for lack of room, too", async () => {
  const asked = counted();
  const known = new KnownIds({ clickhouse: asked.clickhouse, log, idsMax: 10 });
  const events = Array.from({ length: 60 }, (_, n) => viewOf(`again-${n % 20}`, `a-${n}`));
  await clickhouse.insertLines("events", events.map((one) => toRow(one, 1)).join("\n"));
  for (const one of events.slice(0, 20)) await known.load([one]);
  const [first = viewOf("", "")] = events;
  await known.load([first]);
  expect(known.compare(first)).toBe("same");
  expect(asked.told.queries).toBe(21);
});

test("the events of an overlong session are looked up one by one, and none counts as new", async () => {
  const asked = counted();
  const known = new KnownIds({ clickhouse: asked.clickhouse, log, sessionIdsMax: 10 });
  const events = Array.from({ length: 1000 }, (_, n) => viewOf("endless", `n-${n}`));
  await clickhouse.insertLines("events", events.map((one) => toRow(one, 1)).join("\n"));
  for (const one of [events[0], events[999]]) {
    if (one === undefined) throw new Error("there are a thousand");
    await known.load([one, viewOf("endless", "never")]);
    expect(known.compare(one)).toBe("same");
    expect(known.compare({ ...one, contentHash: one.contentHash + 1 })).toBe("different");
    expect(known.compare(viewOf("endless", "never"))).toBe("new");
  }
  expect(asked.told.rowsMax).toBeLessThan(20);
});

test("a cached session that grows too long is looked up from then on", async () => {
  const known = new KnownIds({ clickhouse, log, sessionIdsMax: 10 });
  for (let n = 0; n < 30; n += 1) {
    const one = viewOf("growing", `g-${n}`);
    await known.load([one]);
    expect(known.compare(one)).toBe("new");
    await clickhouse.insertLines("events", toRow(one, n));
    known.add([one]);
  }
  const first = viewOf("growing", "g-0");
  await known.load([first]);
  expect(known.compare(first)).toBe("same");
});

test("a session that was quiet for long is read completely, however long ago others wrote to it", async () => {
  let time = Date.now();
  const known = new KnownIds({ clickhouse, log, now: () => time });
  const one = viewOf("quiet", "q-1");
  await known.load([one]);
  await clickhouse.insertLines("events", toRow(one, 1));
  await known.load([viewOf("quiet", "q-2")]);
  expect(known.compare(one)).toBe("new");
  time += 660_000;
  await known.load([viewOf("quiet", "q-2")]);
  expect(known.compare(one)).toBe("same");
});

test("no parameter is longer than a ClickHouse server takes, however many visits a block has", async () => {
  const lengths: number[] = [];
  const clickhouse = {
    query<Row>(_text: string, parameters: ClickHouseParameters = {}): Promise<readonly Row[]> {
      const lists = Object.values(parameters).filter((value) => Array.isArray(value));
      lengths.push(...lists.map((list) => JSON.stringify(list).length));
      return Promise.resolve([]);
    },
  };
  const known = new KnownIds({ clickhouse, log });
  const events = Array.from({ length: 5000 }, (_, index) => viewOf(crypto.randomUUID(), `${index}`));
  await known.load(events);
  // a second time, what others have stored since is read
  await known.load(events);
  expect(lengths.length).toBeGreaterThan(0);
  expect(Math.max(...lengths)).toBeLessThan(131_072);
});
