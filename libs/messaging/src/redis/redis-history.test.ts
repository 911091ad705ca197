import { describe, expect, test } from "bun:test";
import { serverSuiteName, serverUrl, waitUntil } from "@libs/testing";
import { Redis } from "ioredis";
import type { Broker } from "../broker/broker.ts";
import { connectRedis } from "./connect-redis.ts";
import { createRedisBroker } from "./redis-broker.ts";

const url = serverUrl("redis") ?? "redis://127.0.0.1:1";
let prefixes = 0;

interface Fixture {
  readonly broker: Broker;
  readonly redis: Redis;
  readonly prefix: string;
  readonly keys: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
}

async function open(): Promise<Fixture> {
  const prefix = `cartway:history:${process.pid}:${Date.now()}:${prefixes++}:`;
  const broker = createRedisBroker({ connect: connectRedis({ url }), prefix, onError: () => {} });
  await waitUntil(() => broker.state === "up", { what: "the broker to be up" });
  const redis = new Redis(url);
  return {
    broker,
    redis,
    prefix,
    keys: async () => (await redis.keys(`${prefix}*`)).map((key) => key.slice(prefix.length)),
    async close() {
      redis.disconnect();
      await broker.close();
    },
  };
}

/** The epoch of an empty channel, read some hours before it was. */
function earlier(epoch: string, hours: number): string {
  const dot = epoch.lastIndexOf(".");
  return `${epoch.slice(0, dot)}.${Number(epoch.slice(dot + 1)) - hours}`;
}

describe.skipIf(serverUrl("redis") === null)(serverSuiteName("the streams", "redis"), () => {
  test("positions of channels without publications are bounded and expire", async () => {
    const { broker, redis, prefix, keys, close } = await open();
    const names = Array.from({ length: 4000 }, (_, index) => `room:endless-${index}`);
    await Promise.all(names.map((name) => broker.history(name, null, 0)));
    const kept = await keys();
    expect(kept.filter((key) => !key.startsWith("beginning:"))).toEqual([]);
    expect(kept.length).toBeLessThanOrEqual(1024);
    const ends = await Promise.all(kept.map((key) => redis.pttl(prefix + key)));
    expect(Math.min(...ends)).toBeGreaterThan(0);
    await close();
  });

  test("publishing without history stores no position, with or without an id", async () => {
    const { broker, keys, close } = await open();
    await broker.publish("room:a", "x", { history: null });
    await broker.publish("room:a", "x", { history: null, idempotencyKey: "k" });
    expect((await keys()).map((key) => key.slice(key.indexOf("}") + 1))).toEqual(["room:a:key:k"]);
    await close();
  });

  test("a reader of an empty channel gets its first publications within a day, and a gap after that", async () => {
    const { broker, close } = await open();
    const { epoch } = (await broker.history("room:a", null, 0)).position;
    const read = (hours: number, offset = 0) =>
      broker.history("room:a", { epoch: earlier(epoch, hours), offset }, 10);
    const outcomes = async (offset: number) =>
      Promise.all([0, 20, 23, -2].map(async (hours) => (await read(hours, offset)).complete));
    expect(await outcomes(0)).toEqual([true, true, false, false]);
    for (const text of ["1", "2"]) await broker.publish("room:a", text);
    expect(await outcomes(0)).toEqual([true, true, false, false]);
    expect(await outcomes(1)).toEqual([true, true, false, false]);
    expect((await read(20)).publications.map(({ text }) => text)).toEqual(["1", "2"]);
    await close();
  });

  test("empty channels start a new epoch after Redis lost its data", async () => {
    const { broker, redis, prefix, keys, close } = await open();
    const { position } = await broker.history("room:a", null, 0);
    await redis.del(...(await keys()).map((key) => prefix + key));
    expect(await keys()).toEqual([]);
    expect((await broker.history("room:a", position, 10)).complete).toBe(false);
    await close();
  });
});
