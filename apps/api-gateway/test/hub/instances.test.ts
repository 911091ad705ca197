import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHttpPublisher, type Publisher } from "@libs/messaging";
import { createTemporaryDirectory, type TemporaryDirectory } from "@libs/testing";
import { type EventService, startEventService } from "./event-service.ts";
import { connect, type HubClient } from "./hub-client.ts";
import { type PrivateRedis, startPrivateRedis } from "./private-redis.ts";
import { runThrough } from "./shop-load.ts";
import { type HubProcess, spawnHub } from "./spawn-hub.ts";

const hasRedis = Bun.which("redis-server") !== null;

describe.skipIf(!hasRedis)("several instances over Redis (install redis-server to run this)", () => {
  let directory: TemporaryDirectory;
  let redis: PrivateRedis;
  let service: EventService;
  let hubs: HubProcess[] = [];
  const spawn = () =>
    spawnHub({ redisUrl: redis.url, prefix: "cartway:instances:", serviceUrl: service.url });
  const at = (index: number): HubProcess => {
    const hub = hubs[index];
    if (hub === undefined) throw new Error(`there is no instance ${index}`);
    return hub;
  };
  const publisherAt = (index: number): Publisher =>
    createHttpPublisher({ url: at(index).http, credentials: () => ({ authorization: "Bearer publisher" }) });

  beforeAll(async () => {
    directory = await createTemporaryDirectory();
    redis = await startPrivateRedis(directory.path);
    service = startEventService();
    hubs = await Promise.all([spawn(), spawn(), spawn()]);
  }, 30_000);
  afterAll(async () => {
    await Promise.all(hubs.map((hub) => hub.kill()));
    await redis.kill();
    await service.stop();
    await directory[Symbol.asyncDispose]();
  });

  async function member(index: number, room: string, token?: string): Promise<HubClient> {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const client = await connect(`${at(index).url}/ws`, { headers });
    expect((await client.ask({ type: "join_room", id: "join", payload: { room } })).type).toBe("ack");
    return client;
  }

  test("every message reaches every member exactly once and in one order, whoever published it", async () => {
    const clients = await Promise.all([0, 0, 1, 1, 2, 2].map((index) => member(index, "lobby:order")));
    const publishers = [0, 1, 2].map(publisherAt);
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
    await publisherAt(2).publish("user:ben", { type: "offer" });
    await ben.frames.find((frame) => frame.type === "offer");
    await ben.close();
    await ana.frames.find((frame) => frame.type === "member_left" && frame.payload?.["userId"] === "ben");
    await ana.close();
  }, 20_000);

  test("kill -9 of an instance under load: 0 acknowledged events lost, 0 undetected gaps, and the room is told who left", async () => {
    const witness = await member(0, "lobby:witness");
    const victim = await member(2, "lobby:witness", "user-victim");
    await witness.frames.find(
      (frame) => frame.type === "member_joined" && frame.payload?.["userId"] === "victim",
    );
    const victims = hubs.splice(2);
    const result = await runThrough({
      hubs: [...hubs, ...victims],
      publishers: hubs,
      service,
      fault: () => Promise.all(victims.map((one) => one.kill())),
    });
    expect(result).toMatchObject({ lost: 0, undetected: 0, gaps: 0 });
    // Everyone heard enough for a gap to show; how much that is depends on how fast the machine is.
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
