import { describe, expect, test } from "bun:test";
import { type Broker, createMemoryBroker, openRedisBroker } from "@libs/messaging";
import { serverSuiteName, serverUrl, waitUntil } from "@libs/testing";
import { Redis } from "ioredis";
import { connect } from "../../../test/hub/hub-client.ts";
import { startHub } from "../../../test/hub/start-hub.ts";

const endpoints = [
  { path: "/ws", authenticate: { anonymous: true }, rooms: { pattern: "product:{any}", presence: true } },
];
const names = 300;

/** One client that joins and leaves rooms with ever new names, with and without a position. */
async function wander(broker: Broker): Promise<number> {
  const fixture = startHub({ hub: { endpoints }, broker });
  await fixture.hub.start();
  const client = await connect(`${fixture.url}/ws`);
  const since = { epoch: "none", offset: 0 };
  for (let start = 0; start < names; start += 100) {
    const rooms = Array.from({ length: 100 }, (_, index) => `product:${start + index}`);
    const ask = (type: string, more: object = {}) =>
      Promise.all(
        rooms.map((room) => client.ask({ type, id: `${type}-${room}`, payload: { room, ...more } })),
      );
    await ask("join_room", start % 200 === 0 ? {} : { since });
    await ask("leave_room");
  }
  const held = fixture.hub.context.rooms.size;
  await client.close();
  await fixture.stop();
  return held;
}

test("a client that joins endless rooms leaves no state in the hub", async () => {
  expect(await wander(createMemoryBroker())).toBe(0);
});

describe.skipIf(serverUrl("redis") === null)(serverSuiteName("endless names", "redis"), () => {
  test("leave no keys in Redis, and their total state is bounded", async () => {
    const url = serverUrl("redis") ?? "";
    const prefix = `cartway:endless:${process.pid}:${Date.now()}:`;
    const broker = await openRedisBroker({ url, prefix, onError: () => {} });
    await waitUntil(() => broker.state === "up");
    expect(await wander(broker)).toBe(0);
    const redis = new Redis(url);
    const keys = (await redis.keys(`${prefix}*`)).map((key) => key.slice(prefix.length));
    expect(keys.filter((key) => key.includes("product"))).toEqual([]);
    expect(keys.filter((key) => !key.startsWith("beginning:")).length).toBeLessThanOrEqual(1);
    expect(keys.length).toBeLessThanOrEqual(1025);
    redis.disconnect();
    await broker.close();
  });
});
