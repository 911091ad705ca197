import { afterAll, describe, expect, test } from "bun:test";
import { createManualClock, serverSuiteName, serverUrl } from "@libs/testing";
import { Redis } from "ioredis";
import { MemoryStore } from "./memory-store.ts";
import { RedisStore } from "./redis-store.ts";
import { answer, describeResponseStore, put } from "./response-store.contract.ts";

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
    const name = `test-${crypto.randomUUID()}`;
    const [store, elsewhere] = [new RedisStore({ redis, name, now }), new RedisStore({ redis, name, now })];
    return { store, elsewhere, now, advance };
  });

  test("a URL whose Vary changes during a read returns nothing of that", async () => {
    const options = { name: `test-${crypto.randomUUID()}`, now: Date.now };
    const writer = new RedisStore({ redis, ...options });
    await put(writer, " http://a/", {
      names: ["x-a"],
      variant: "same",
      response: answer(Date.now(), "by x-a"),
    });
    const late = new Redis(url ?? "");
    late.hget = async (key: string, field: string) => {
      const names = await redis.hget(key, field);
      await put(writer, " http://a/", {
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

  test("what Redis knows of changes and purges expires, after what it keeps from being stored", async () => {
    const { now, advance } = clocked();
    const name = `test-${crypto.randomUUID()}`;
    const store = new RedisStore({ redis, name, now });
    await store.invalidate(" http://a/");
    await store.purge({ prefix: "" });
    const keys = await redis.keys(`cartway:cache-*:${name}*`);
    expect(keys).toHaveLength(2);
    const keptMs = Math.min(...(await Promise.all(keys.map((key) => redis.pttl(key)))));
    const pending = await store.begin(" http://a/");
    advance(keptMs);
    await pending.store({ names: [], variant: "", response: answer(now(), "as old as that") });
    expect(await store.get(" http://a/", () => "")).toBeNull();
    await redis.unlink(...keys);
  });

  test("Redis keys of a URL expire when none of its responses is useful any more", async () => {
    const name = `test-${crypto.randomUUID()}`;
    const store = new RedisStore({ redis, name, now: Date.now });
    await put(store, " http://a/", {
      names: [],
      variant: "",
      response: { ...answer(Date.now(), "x"), freshMs: 5000 },
    });
    expect(await redis.pttl(`cartway:cache:${name}: http://a/`)).toBeGreaterThan(3000);
    await put(store, " http://a/", {
      names: [],
      variant: "",
      response: { ...answer(Date.now() - 10_000, "x"), freshMs: 5000 },
    });
    expect(await redis.pttl(`cartway:cache:${name}: http://a/`)).toBeLessThanOrEqual(5000);
    await store.purge({ prefix: "" });
  });
});

describe("the in-process store is bounded", () => {
  const { now } = clocked();
  const fill = (store: MemoryStore, url: string, bytes: number): Promise<void> =>
    put(store, ` ${url}`, {
      names: [],
      variant: "",
      response: { ...answer(now(), ""), body: new Uint8Array(bytes) },
    });

  test("in bytes including keys: a flood of long URLs without responses is limited", async () => {
    const store = new MemoryStore({ bytesMax: 100_000, entriesMax: 1000, now });
    for (let count = 0; count < 100; count += 1) await fill(store, `${count}${"x".repeat(8000)}`, 1);
    expect(store.entries).toBeLessThan(13);
    store.purge({ prefix: "" });
    expect([store.entries, store.bytes]).toEqual([0, 0]);
  });

  test("in bytes: the least recently used entry is evicted first", async () => {
    let evicted = 0;
    const store = new MemoryStore({
      bytesMax: 10_000,
      entriesMax: 1000,
      now,
      onEvicted: () => (evicted += 1),
    });
    for (const url of ["a", "b", "c"]) await fill(store, url, 2500);
    expect(store.get(" a", () => "")).not.toBeNull();
    await fill(store, "d", 2500);
    expect(store.get(" b", () => "")).toBeNull();
    expect(store.get(" a", () => "")).not.toBeNull();
    expect([store.entries, evicted]).toEqual([3, 1]);
    expect(store.bytes).toBeLessThanOrEqual(10_000);
  });

  test("in entries, and an entry larger than the store is refused", async () => {
    const store = new MemoryStore({ bytesMax: 10_000, entriesMax: 2, now });
    for (const url of ["a", "b", "c", "d"]) await fill(store, url, 1);
    await fill(store, "e", 20_000);
    expect(store.entries).toBe(2);
    expect(store.get(" d", () => "")).not.toBeNull();
    store.close();
    expect([store.entries, store.bytes]).toEqual([0, 0]);
  });
});
