import { afterAll, describe, expect, test } from "bun:test";
import { createMemoryLogger, createMetrics } from "@libs/monitoring";
import { serverSuiteName, serverUrl, waitUntil } from "@libs/testing";
import { Redis } from "ioredis";
import { startGatewayTo } from "../../../test/support/start-gateway.ts";
import { startUpstream } from "../../../test/support/upstreams/start-upstream.ts";
import { fillBody } from "./fill-body.ts";
import { ResponseCache } from "./response-cache.ts";
import type { ResponseStore } from "./store/response-store.ts";

const url = serverUrl("redis");
describe.skipIf(url === null)(serverSuiteName("a cache for all instances", "redis"), () => {
  const redis = new Redis(url ?? "", { lazyConnect: true });
  afterAll(() => redis.disconnect());

  test("gateways share stored responses", async () => {
    let count = 0;
    await using upstream = startUpstream(
      () => new Response(`answer ${(count += 1)}`, { headers: { "cache-control": "max-age=60" } }),
    );
    const policies = [{ type: "cache", store: "redis", name: `t-${crypto.randomUUID()}` }];
    await using one = await startGatewayTo(upstream.url, { policies }, {}, { redis });
    await using other = await startGatewayTo(upstream.url, { policies }, {}, { redis });
    const ask = async (from: string) => (await fetch(from, { headers: { host: "shop.test" } })).text();
    expect(await ask(one.url)).toBe("answer 1");
    await waitUntil(async () => (await ask(other.url)) === "answer 1");
  });

  test("while Redis is down no request waits for another, whose answer it could not get", async () => {
    const gone = new Redis({ port: 1, lazyConnect: true, enableOfflineQueue: false, retryStrategy: null });
    gone.on("error", () => undefined);
    const gate = Promise.withResolvers<void>();
    await using upstream = startUpstream(async () => {
      await gate.promise;
      return new Response("answer", { headers: { "cache-control": "max-age=60" } });
    });
    const policies = [{ type: "cache", store: "redis", storeTimeoutMs: 50, waitMaxMs: 60_000 }];
    await using gateway = await startGatewayTo(upstream.url, { policies }, {}, { redis: gone });
    const first = fetch(gateway.url);
    await upstream.seen.atLeast(1);
    const second = fetch(gateway.url);
    await upstream.seen.atLeast(2);
    gate.resolve();
    for (const answer of await Promise.all([first, second])) expect(await answer.text()).toBe("answer");
    gone.disconnect();
  });

  test("while Redis is down the service is called, it is counted, and nothing is reported as stored", async () => {
    const gone = new Redis({ port: 1, lazyConnect: true, enableOfflineQueue: false, retryStrategy: null });
    gone.on("error", () => undefined);
    await using upstream = startUpstream(
      () => new Response("answer", { headers: { "cache-control": "max-age=60" } }),
    );
    const policies = [{ type: "cache", store: "redis", storeTimeoutMs: 50 }];
    await using gateway = await startGatewayTo(upstream.url, { policies }, {}, { redis: gone });
    for (let count = 0; count < 2; count += 1) {
      const answer = await fetch(gateway.url);
      expect(await answer.text()).toBe("answer");
      expect(answer.headers.get("cache-status")).toBe("Cartway; fwd=miss; fwd-status=200");
    }
    const failures = /cartway_cache_store_failures_total\{cache="route all"\} [1-9]/;
    await waitUntil(async () => failures.test(await gateway.metrics.render()));
    gone.disconnect();
  });
});

describe("a failing store", () => {
  const silent: ResponseStore = {
    get: () => new Promise(() => {}),
    begin: () => ({ store: () => Promise.reject(new Error("full")), end: () => undefined }),
    delete: () => Promise.reject(new Error("away")),
    invalidate: () => Promise.reject(new Error("away")),
    purge: () => Promise.reject(new Error("away")),
    close: () => undefined,
  };
  const open = (now: () => number = Date.now) =>
    new ResponseCache({
      name: "c",
      store: silent,
      storeTimeoutMs: 5,
      now,
      logger: createMemoryLogger().logger,
      metrics: createMetrics({ service: "test", processMetrics: false }),
    });

  test("counts as empty, and delays a request by its timeout at most", async () => {
    const cache = open();
    const pending = await cache.begin("k");
    expect(pending).not.toBeNull();
    expect(await cache.get("k", () => "")).toBeNull();
    // the store is not waited for again
    expect(await cache.begin("k")).toBeNull();
    await cache.put(pending, { names: [], variant: "", response: { body: new Uint8Array() } as never });
    await cache.delete("k");
    await cache.invalidate("k");
    expect(cache.size).toEqual({ bytes: 0, entries: 0 });
  });

  test("is reported to whoever purges", async () => {
    await expect(Promise.resolve(open().purge({ url: "x" }))).rejects.toThrow("away");
  });
});

describe("a body that is read for store and client", () => {
  const streamOf = (chunks: number, onCancel: () => void = () => undefined) => {
    let sent = 0;
    return new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        if (sent > chunks) controller.close();
        else controller.enqueue(new Uint8Array(1000));
      },
      cancel: onCancel,
    });
  };

  test("is stored even if its client disconnects", async () => {
    const { body, whole } = fillBody(streamOf(10), 20_000);
    await (body as ReadableStream).cancel();
    expect(await whole).toHaveLength(10_000);
  });

  test("is cancelled if it is too large to store and has no reader", async () => {
    const cancelled = Promise.withResolvers<void>();
    const { discard, whole } = fillBody(streamOf(1e9, cancelled.resolve), 20_000);
    discard();
    expect(await whole).toBe("too_large");
    await cancelled.promise;
  });

  test("in memory is stored at once or not at all", async () => {
    expect(await fillBody("text", 10).whole).toHaveLength(4);
    expect(await fillBody(null, 10).whole).toHaveLength(0);
    const large = fillBody(new Uint8Array(11), 10);
    large.discard();
    expect(await large.whole).toBe("too_large");
  });
});
