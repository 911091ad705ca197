import { expect, test } from "bun:test";
import type { LabelledSession } from "@apps/prediction";
import { sessionEvents } from "./session-events.ts";

const facts: LabelledSession["facts"] = {
  administrative: { pages: 2, seconds: 64.6 },
  informational: { pages: 0, seconds: 0 },
  product: { pages: 3, seconds: 10.001 },
  bounceRate: 0.02,
  exitRate: 0.05,
  pageValue: 12.5,
  specialDay: 0.4,
  month: 11,
  operatingSystem: 2,
  browser: 3,
  region: 1,
  trafficType: 4,
  visitorType: "new",
  weekend: true,
};
const row: LabelledSession = { facts, purchased: true };

test("a visit's pages and their durations add up to its row, to the millisecond", () => {
  const { visit } = sessionEvents(row, 7, "run", 0);
  const total = (kind: string) => {
    const pages = visit.filter((event) => event.page?.kind === kind);
    return [pages.length, pages.reduce((sum, event) => sum + (event.page?.durationMs ?? 0), 0)];
  };
  expect(total("administrative")).toEqual([2, 64_600]);
  expect(total("informational")).toEqual([0, 0]);
  expect(total("product")).toEqual([3, 10_001]);
});

test("the outcome of a visit is visible in its end only", () => {
  const bought = sessionEvents(row, 7, "run", 0);
  const left = sessionEvents({ ...row, purchased: false }, 7, "run", 0);
  expect(left.visit).toEqual(bought.visit);
  expect(bought.ending.map((event) => event.type)).toEqual(["purchase"]);
  expect(left.ending).toEqual([]);
});

test("the same run gives the same unique ids", () => {
  const first = sessionEvents(row, 7, "run", 0);
  const again = sessionEvents(row, 7, "run", 5000);
  const ids = (events: typeof first) => [...events.visit, ...events.ending].map((event) => event.id);
  expect(ids(again)).toEqual(ids(first));
  expect(new Set(ids(first)).size).toBe(ids(first).length);
});

test("a visit without pages has one event", () => {
  const none = { pages: 0, seconds: 0 };
  const empty = {
    ...row,
    facts: { ...facts, administrative: none, informational: none, product: none, pageValue: 0 },
  };
  expect(sessionEvents(empty, 1, "run", 0).visit).toHaveLength(1);
});
