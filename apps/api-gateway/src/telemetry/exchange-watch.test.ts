import { expect, test } from "bun:test";
import { ExchangeWatch, type WatchedExchange } from "./exchange-watch.ts";

const exchange = (decisions: WatchedExchange["decisions"]): WatchedExchange => ({
  at: "1970-01-01T00:00:00.000Z",
  requestId: "r",
  method: "GET",
  host: "shop.test",
  path: "/",
  route: "a",
  service: null,
  status: 200,
  code: null,
  queuedMs: 0,
  connectMs: 0,
  firstByteMs: 0,
  decisions,
});

test("records the requested number of requests of the requested route", () => {
  const watch = new ExchangeWatch(() => 0);
  expect(watch.open("a")).toBeNull();
  watch.begin({ route: "a", requests: 2, durationMs: 10 });
  expect([watch.open("a"), watch.open("b"), watch.open("a"), watch.open("a")]).toEqual([[], null, [], null]);
  watch.begin({ route: null, requests: 1, durationMs: 10 });
  expect([watch.open("b"), watch.open("a")]).toEqual([[], null]);
});

test("ends after its time, and restarts empty", () => {
  let now = 0;
  const watch = new ExchangeWatch(() => now);
  watch.begin({ route: null, requests: 5, durationMs: 10 });
  watch.add(exchange(watch.open("a") ?? []));
  watch.add({ ...exchange([]), requestId: "of another" });
  now = 11;
  expect(watch.open("a")).toBeNull();
  expect(watch.state()).toMatchObject({ left: 0, exchanges: [{ requestId: "r" }] });
  watch.begin({ route: null, requests: 5, durationMs: 10 });
  expect(watch.state()).toEqual({ left: 5, exchanges: [] });
});

test("keeps the first of very many candidates", () => {
  const watch = new ExchangeWatch(() => 0);
  const candidates = Array.from({ length: 1000 }, (_, index) => ({
    target: `t${index}`,
    state: "available" as const,
    weight: 1,
    inFlight: 0,
  }));
  watch.begin({ route: null, requests: 1, durationMs: 10 });
  const decisions = watch.open("a") ?? [];
  decisions.push({ step: "pick", service: "s", target: "t0", candidates });
  watch.add(exchange(decisions));
  const [decision] = watch.state().exchanges[0]?.decisions ?? [];
  expect(decision).toMatchObject({ step: "pick", target: "t0" });
  expect(decision?.step === "pick" ? decision.candidates.length : 0).toBe(20);
});
