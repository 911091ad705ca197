import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { checkMetrics, createManualClock, type ManualClock, promtool } from "@libs/testing";
import { codeOf, type StartedServer, startServer } from "../../test/start-server.ts";
import type { StoreHealth } from "./readiness.ts";

let clock: ManualClock;
let started: StartedServer;
let asked: number;
/** What the store under test answers next. */
let answer: () => Promise<StoreHealth>;

const up = () => Promise.resolve({ status: "up", latencyMs: 1 } as const);

beforeEach(async () => {
  clock = createManualClock();
  asked = 0;
  answer = up;
  const health = () => {
    asked += 1;
    return answer();
  };
  started = await startServer({
    commit: "abc123",
    builtAt: "2026-11-21T00:00:00Z",
    stores: { postgresql: { health }, redis: { health: up } },
    storeTimeoutMs: 20,
    now: clock.now,
  });
});

afterEach(() => started.server.stop());

const get = (path: string) => fetch(`${started.url}${path}`);

describe("GET /healthz", () => {
  test("reports that the process is alive, whatever the state of its stores", async () => {
    answer = () => Promise.reject(new Error("away"));
    expect(await (await get("/healthz")).json()).toEqual({ status: "alive" });
  });
});

describe("GET /readyz", () => {
  test("is 200 with each store and its latency while all of them respond", async () => {
    const ready = await get("/readyz");
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({
      status: "ready",
      stores: { postgresql: { status: "up", latencyMs: 1 }, redis: { status: "up", latencyMs: 1 } },
    });
  });

  test("checks its stores again after the clock was set back: a result is reused for a second by any clock", async () => {
    expect((await get("/readyz")).status).toBe(200);
    await clock.advance(-3_600_000);
    answer = () => Promise.reject(new Error("away"));
    expect((await get("/readyz")).status).toBe(503);
  });

  test.each<[string, () => Promise<StoreHealth>]>([
    [
      "is down",
      () => Promise.resolve({ status: "down", latencyMs: 3, error: new Error("postgres://a:secret@b") }),
    ],
    ["fails", () => Promise.reject(new Error("postgres://a:secret@b"))],
    ["never answers", () => new Promise(() => {})],
  ])("is 503 while a store %s, names it, and hides the reason from the caller", async (_name, broken) => {
    answer = broken;
    const refused = await get("/readyz");
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("1");
    const text = await refused.clone().text();
    expect(text).toContain('"postgresql":{"status":"down"');
    expect(text).toContain('"redis":{"status":"up"');
    expect(text).not.toContain("secret");
    expect(await codeOf(refused)).toBe("store_unavailable");
    expect(started.log.text()).toContain("a store does not respond");
    expect(started.log.text()).not.toContain(":secret@");
  });

  test("becomes 200 again when the store is back", async () => {
    answer = () => Promise.reject(new Error("away"));
    expect((await get("/readyz")).status).toBe(503);
    answer = up;
    await clock.advance(1000);
    expect((await get("/readyz")).status).toBe(200);
  });

  test("waits for the stores only at the start, for an app that works without them", async () => {
    let isUp = false;
    const health = () => (isUp ? up() : Promise.reject(new Error("away")));
    const alone = await startServer({ stores: { redis: { health } }, staysReady: true, now: clock.now });
    const askAgain = async (next: boolean) => {
      isUp = next;
      await clock.advance(1000);
      return await fetch(`${alone.url}/readyz`);
    };
    expect((await askAgain(false)).status).toBe(503);
    expect((await askAgain(true)).status).toBe(200);
    const away = await askAgain(false);
    expect([away.status, await away.text()]).toEqual([
      200,
      expect.stringContaining('"redis":{"status":"down"'),
    ]);
    await alone.server.stop();
  });

  test("stays 200 through an outage of the stores that such an app started with, whether or not it was asked before", async () => {
    let isUp = true;
    const health = () => (isUp ? up() : Promise.reject(new Error("away")));
    await using alone = await startServer({
      stores: { redis: { health } },
      staysReady: true,
      now: clock.now,
    });
    isUp = false;
    await clock.advance(1000);
    expect((await fetch(`${alone.url}/readyz`)).status).toBe(200);
  });

  test("checks the stores once a second, however often it is called", async () => {
    await Promise.all(Array.from({ length: 20 }, () => get("/readyz")));
    expect(asked).toBe(1);
    await clock.advance(1000);
    await get("/readyz");
    expect(asked).toBe(2);
  });
});

describe("GET /version", () => {
  test("reports what runs", async () => {
    expect(await (await get("/version")).json()).toEqual({
      name: "test",
      version: "1.2.3",
      commit: "abc123",
      builtAt: "2026-11-21T00:00:00Z",
      bun: Bun.version,
    });
  });

  test("reports unknown where they are not set", async () => {
    await using plain = await startServer();
    expect(await (await fetch(`${plain.url}/version`)).json()).toMatchObject({
      commit: "unknown",
      builtAt: "unknown",
    });
  });
});

describe("GET /metrics", () => {
  test("is in the Prometheus format", async () => {
    const metrics = await get("/metrics");
    expect(metrics.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(await metrics.text()).toContain("cartway_build_info");
  });

  test("is sent while it is rendered, so that thousands of series do not hold up requests", async () => {
    const labels = ["id"] as const;
    const many = started.metrics.gauge({ name: "cartway_many", help: "h", labels, seriesMax: 2000 });
    for (let id = 0; id < 2000; id += 1) many.with({ id: String(id) }).set(id);
    const metrics = await get("/metrics");
    expect(metrics.headers.get("content-length")).toBeNull();
    expect((await metrics.text()).match(/^cartway_many\{/gm)).toHaveLength(2000);
  });

  test.skipIf(promtool === null)("passes promtool", async () => {
    await get("/healthz");
    await get("/nothing");
    expect(await checkMetrics(await (await get("/metrics")).text())).toEqual([]);
  });
});
