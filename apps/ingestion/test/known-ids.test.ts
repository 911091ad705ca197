import { afterAll, beforeAll, expect, test } from "bun:test";
import type { ClickHouseClient } from "@libs/database";
import { toRow } from "../src/events/events-table.ts";
import { KnownIds } from "../src/events/known-ids.ts";
import { type EventStore, openEventStore } from "./support/open-event-store.ts";
import { viewOf } from "./support/view-of.ts";

/** Nothing is on its way. */
const log = { isAhead: () => false, readable: () => Promise.resolve() };
let store: EventStore;
let clickhouse: ClickHouseClient;

beforeAll(async () => {
  store = await openEventStore();
  ({ clickhouse } = store);
});

afterAll(() => store.close());

test("what is stored is known after its session was asked for, by content", async () => {
  await clickhouse.insertLines("events", toRow(viewOf("s-1", "e-1", 7), 1));
  const known = new KnownIds({ clickhouse, log });
  await known.load([viewOf("s-1", "e-1")]);
  expect(known.compare(viewOf("s-1", "e-1", 7))).toBe("same");
  expect(known.compare(viewOf("s-1", "e-1", 8))).toBe("different");
  expect(known.compare(viewOf("s-1", "e-2", 7))).toBe("new");
});

test("a session that was forgotten for want of room is asked for again, and nothing of it is new", async () => {
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
