import { afterAll, describe, expect, test } from "bun:test";
import { createManualClock, serverSuiteName, serverUrl } from "@libs/testing";
import { Redis } from "ioredis";
import { MemoryStore } from "./memory-store.ts";
import { RedisStore } from "./redis-store.ts";
import { answer, describeResponseStore } from "./response-store.contract.ts";

function clocked() {
  const clock = createManualClock(Date.now());
  let ahead = 0;
  const now = (): number => clock.now() + ahead;
  return { now, advance: (ms: number) => void (ahead += ms) };
}

describeResponseStore("answers in process", () => {
  const { now, advance } = clocked();
  return { store: new MemoryStore({ bytesMax: 1e6, entriesMax: 1000, now }), now, advance };
});

const url = serverUrl("redis");
describe.skipIf(url === null)(serverSuiteName("stores of answers", "redis"), () => {
  const redis = new Redis(url ?? "", { lazyConnect: true });
  afterAll(() => redis.disconnect());
  describeResponseStore("answers in Redis", () => {
    const { now, advance } = clocked();
    return { store: new RedisStore({ redis, prefix: `test:${crypto.randomUUID()}:`, now }), now, advance };
  });

  test("a URL whose Vary changes during a read returns nothing of that", async () => {
    const options = { prefix: `test:${crypto.randomUUID()}:`, now: Date.now };
    const writer = new RedisStore({ redis, ...options });
    await writer.put(" http://a/", {
      names: ["x-a"],
      variant: "same",
      response: answer(Date.now(), "by x-a"),
    });
    const late = new Redis(url ?? "");
    late.hget = async (key: string, field: string) => {
      const names = await redis.hget(key, field);
      await writer.put(" http://a/", {
        names: ["x-b"],
        variant: "same",
        response: answer(Date.now(), "by x-b"),
      });
      return names;
    };
    expect(await new RedisStore({ redis: late, ...options }).get(" http://a/", () => "same")).toBeNull();
    late.disconnect();
    await writer.purge({ prefix: "" });
  });

  test("Redis keys of a URL expire when none of its responses is useful any more", async () => {
    const prefix = `test:${crypto.randomUUID()}:`;
    const store = new RedisStore({ redis, prefix, now: Date.now });
    await store.put(" http://a/", {
      names: [],
      variant: "",
      response: { ...answer(Date.now(), "x"), freshMs: 5000 },
    });
    expect(await redis.pttl(`${prefix} http://a/`)).toBeGreaterThan(3000);
    await store.put(" http://a/", {
      names: [],
      variant: "",
      response: { ...answer(Date.now() - 10_000, "x"), freshMs: 5000 },
    });
    expect(await redis.pttl(`${prefix} http://a/`)).toBeLessThanOrEqual(5000);
    await store.purge({ prefix: "" });
  });
});

describe("the in-process store is bounded", () => {
  const { now } = clocked();
  const put = (store: MemoryStore, url: string, bytes: number): void =>
    store.put(` ${url}`, {
      names: [],
      variant: "",
      response: { ...answer(now(), ""), body: new Uint8Array(bytes) },
    });

  test("in bytes including keys: a flood of long URLs without responses is limited", () => {
    const store = new MemoryStore({ bytesMax: 100_000, entriesMax: 1000, now });
    for (let count = 0; count < 100; count += 1) put(store, `${count}${"x".repeat(8000)}`, 1);
    expect(store.entries).toBeLessThan(13);
    store.purge({ prefix: "" });
    expect([store.entries, store.bytes]).toEqual([0, 0]);
  });

  test("in bytes: the least recently used entry is evicted first", () => {
    let evicted = 0;
    const store = new MemoryStore({
      bytesMax: 10_000,
      entriesMax: 1000,
      now,
      onEvicted: () => (evicted += 1),
    });
    for (const url of ["a", "b", "c"]) put(store, url, 2500);
    expect(store.get(" a", () => "")).not.toBeNull();
    put(store, "d", 2500);
    expect(store.get(" b", () => "")).toBeNull();
    expect(store.get(" a", () => "")).not.toBeNull();
    expect([store.entries, evicted]).toEqual([3, 1]);
    expect(store.bytes).toBeLessThanOrEqual(10_000);
  });

  test("in entries, and an entry larger than the store is refused", () => {
    const store = new MemoryStore({ bytesMax: 10_000, entriesMax: 2, now });
    for (const url of ["a", "b", "c", "d"]) put(store, url, 1);
    put(store, "e", 20_000);
    expect(store.entries).toBe(2);
    expect(store.get(" d", () => "")).not.toBeNull();
    store.close();
    expect([store.entries, store.bytes]).toEqual([0, 0]);
  });
});
