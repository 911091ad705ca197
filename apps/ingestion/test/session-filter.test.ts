import { afterAll, beforeAll, expect, test } from "bun:test";
import type { ClickHouseClient } from "@libs/database";
import { toRow } from "../src/events/events-table.ts";
import { KnownIds } from "../src/events/known-ids.ts";
import { SessionFilter } from "../src/events/session-filter.ts";
import { openEventStore } from "./support/open-event-store.ts";
import { viewOf } from "./support/view-of.ts";

/** More than two pages. */
const sessions = Array.from({ length: 12_000 }, (_, number) => `held-${number}`);
const never = new AbortController().signal;
const log = { isAhead: () => false, readable: () => Promise.resolve() };

const store = await openEventStore();
const { clickhouse } = store;

beforeAll(async () => {
  const lines = sessions.map((sessionId) => toRow(viewOf(sessionId, "e-1"), 1));
  await clickhouse.insertLines("events", lines.join("\n"));
});

afterAll(() => store.close());

async function filled(): Promise<SessionFilter> {
  const filter = new SessionFilter();
  await filter.fill(clickhouse, never);
  return filter;
}

test("no logged session is ever taken for new, and few new ones for logged", async () => {
  const filter = await filled();
  expect(sessions.every((sessionId) => filter.mayHold(sessionId))).toBe(true);
  const others = Array.from({ length: 10_000 }, (_, number) => `new-${number}`);
  expect(others.filter((sessionId) => filter.mayHold(sessionId)).length).toBeLessThan(100);
});

test("until the whole log was read, every session may be in it", async () => {
  const filter = new SessionFilter();
  expect(filter.mayHold("new")).toBe(true);
  const stopped = new AbortController();
  stopped.abort();
  await filter.fill(clickhouse, stopped.signal);
  expect(filter.mayHold("new")).toBe(true);
});

test("a session counts as logged from its first event on", async () => {
  const filter = await filled();
  expect(filter.mayHold("just come")).toBe(false);
  filter.add("just come");
  expect(filter.mayHold("just come")).toBe(true);
});

test("the log is queried only for sessions that it may contain, evicted ones included", async () => {
  const asked: string[] = [];
  const watched = {
    query: <Row>(...[text, parameters]: Parameters<ClickHouseClient["query"]>) => {
      const { sessions: list } = parameters ?? {};
      if (Array.isArray(list)) asked.push(...list.map(String));
      return clickhouse.query<Row>(text, parameters);
    },
  };
  const known = new KnownIds({ clickhouse: watched, log, filter: await filled(), idsMax: 2 });
  await known.load([viewOf("held-7", "e-1"), viewOf("first-seen", "e-1")]);
  expect(asked).toEqual(["held-7"]);
  expect(known.compare(viewOf("held-7", "e-1"))).toBe("same");
  expect(known.compare(viewOf("first-seen", "e-1"))).toBe("new");
  known.add([viewOf("first-seen", "e-1")]);
  const others = ["e-1", "e-2", "e-3"].map((id) => viewOf("another", id));
  await known.load(others);
  known.add(others);
  await known.load([viewOf("first-seen", "e-1")]);
  expect(asked).toEqual(["held-7", "first-seen"]);
});
