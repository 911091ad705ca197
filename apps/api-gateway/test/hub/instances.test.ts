import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { HubClient } from "./hub-client.ts";
import { runThrough } from "./shop-load.ts";
import type { HubProcess } from "./spawn-hub.ts";
import { type Instances, joinAt, publisherAt, startInstances } from "./start-instances.ts";

const hasRedis = Bun.which("redis-server") !== null;

describe.skipIf(!hasRedis)("several instances over Redis (install redis-server to run this)", () => {
  let instances: Instances;
  const at = (index: number): HubProcess => {
    const hub = instances.hubs[index];
    if (hub === undefined) throw new Error(`there is no instance ${index}`);
    return hub;
  };
  const member = (index: number, room: string, token?: string): Promise<HubClient> =>
    joinAt(at(index), room, token);

  // for each try of a test: rooms go on counting, and one of the tests kills an instance
  beforeEach(async () => {
    instances = await startInstances("cartway:instances:");
  }, 30_000);
  afterEach(() => instances.stop());

  test("every message reaches every member exactly once and in one order, whoever published it", async () => {
    const clients = await Promise.all([0, 0, 1, 1, 2, 2].map((index) => member(index, "lobby:order")));
    const publishers = instances.hubs.map(publisherAt);
    await Promise.all(
      Array.from({ length: 300 }, (_, index) =>
        publishers[index % 3]?.publish("room:lobby:order", { type: "tick", id: `t-${index}` }),
      ),
    );
    const orders = await Promise.all(
      clients.map(async (client) => {
        await client.frames.find((frame) => frame.offset === 300);
        return client.frames.all.filter((frame) => frame.type === "tick").map((frame) => frame.id);
      }),
    );
    for (const order of orders) {
      expect(order.length).toBe(300);
      expect(new Set(order).size).toBe(300);
      expect(order).toEqual(orders[0] ?? []);
    }
    await Promise.all(clients.map((client) => client.close()));
  }, 20_000);

  test("presence and the channel of a user span all instances", async () => {
    const ana = await member(0, "lobby:presence", "user-ana");
    const ben = await member(1, "lobby:presence", "user-ben");
    await ana.frames.find((frame) => frame.type === "member_joined" && frame.payload?.["userId"] === "ben");
    await ben.ask({ type: "presence", id: "p", payload: { room: "lobby:presence" } });
    expect((await ben.frames.find((frame) => frame.type === "presence")).payload?.["count"]).toBe(2);
    await publisherAt(at(2)).publish("user:ben", { type: "offer" });
    await ben.frames.find((frame) => frame.type === "offer");
    await ben.close();
    await ana.frames.find((frame) => frame.type === "member_left" && frame.payload?.["userId"] === "ben");
    await ana.close();
  }, 20_000);

  test("kill -9 of an instance under load loses no acknowledged event, leaves no undetected gap, and announces who left", async () => {
    const witness = await member(0, "lobby:witness");
    const victim = await member(2, "lobby:witness", "user-victim");
    await witness.frames.find(
      (frame) => frame.type === "member_joined" && frame.payload?.["userId"] === "victim",
    );
    const { hubs, service } = instances;
    const result = await runThrough({
      hubs,
      publishers: hubs.slice(0, 2),
      service,
      fault: () => at(2).kill(),
    });
    expect(result).toMatchObject({ lost: 0, undetected: 0, gaps: 0 });
    // Every member received enough for a gap to show; how much that is depends on the machine's speed.
    expect(result.heard).toBeGreaterThan(10);
    const isVictimLeft = (frame: (typeof witness.frames.all)[number]): boolean =>
      frame.type === "member_left" && frame.payload?.["userId"] === "victim";
    await witness.frames.find(isVictimLeft, { timeoutMs: 15_000 });
    const left = witness.frames.all.filter(isVictimLeft);
    expect(left.length).toBe(1);
    await victim.closed;
    await witness.close();
  }, 60_000);
});
