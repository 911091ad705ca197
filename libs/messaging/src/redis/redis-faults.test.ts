import { describe, expect, test } from "bun:test";
import { createEventLog, serverSuiteName, serverUrl, waitUntil } from "@libs/testing";
import type { Broker, BrokerState, Publication } from "../broker/broker.ts";
import type { RedisKey } from "ioredis";
import { connectRedis } from "./connect-redis.ts";
import { createRedisBroker, type RedisBrokerOptions } from "./redis-broker.ts";

const url = serverUrl("redis") ?? "redis://127.0.0.1:1";
let prefixes = 0;
const uniquePrefix = (): string => `cartway:faults:${process.pid}:${Date.now()}:${prefixes++}:`;

async function open(options: Partial<RedisBrokerOptions> = {}): Promise<Broker> {
  const connect = connectRedis({ url });
  const broker = createRedisBroker({ connect, prefix: uniquePrefix(), onError: () => {}, ...options });
  await waitUntil(() => broker.state === "up", { what: "the broker to be up" });
  return broker;
}

/** A network between the broker and its server that the test can cut, and let swallow everything while connections stand. */
function startNetwork() {
  const { hostname, port } = new URL(url);
  let isDeaf = false;
  const pairs = new Set<{ close(): void }>();
  const server = Bun.listen<{ up: Bun.Socket | null; waiting: Buffer[] }>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      async open(down) {
        down.data = { up: null, waiting: [] };
        pairs.add({ close: () => down.terminate() });
        const up = await Bun.connect({
          hostname,
          port: Number(port),
          socket: { data: (_up, bytes) => void (isDeaf || down.write(bytes)), close: () => void down.end() },
        });
        down.data.up = up;
        for (const bytes of down.data.waiting) up.write(bytes);
      },
      data(down, bytes) {
        if (isDeaf) return;
        if (down.data.up === null) down.data.waiting.push(Buffer.from(bytes));
        else down.data.up.write(bytes);
      },
      close: (down) => void down.data.up?.end(),
    },
  });
  return {
    url: `redis://127.0.0.1:${server.port}`,
    swallow: (deaf: boolean) => void (isDeaf = deaf),
    cut() {
      for (const pair of pairs) pair.close();
      pairs.clear();
    },
    stop: () => server.stop(true),
  };
}

describe.skipIf(serverUrl("redis") === null)(serverSuiteName("a broker in trouble", "redis"), () => {
  test("a network that drops all packets is noticed although connections stay open, and gaps are reported afterwards", async () => {
    const network = startNetwork();
    const prefix = uniquePrefix();
    const connect = connectRedis({ url: network.url, commandTimeoutMs: 200 });
    const broker = await open({ connect, prefix, silenceMs: 50 });
    const other = await open({ prefix });
    const states = createEventLog<BrokerState>();
    broker.onState(states.push);
    const log = createEventLog<Publication>();
    await broker.subscribe("room:a", { publication: log.push });
    network.swallow(true);
    await other.publish("room:a", "missed");
    await states.find((state) => state === "down");
    network.swallow(false);
    await states.find((state) => state === "up");
    await other.publish("room:a", "heard");
    expect((await log.next()).text).toBe("heard");
    await Promise.all([broker.close(), other.close()]);
    network.stop();
  });

  test("a member that left while Redis was unreachable is removed and announced later", async () => {
    const network = startNetwork();
    const prefix = uniquePrefix();
    const broker = await open({ prefix, connect: connectRedis({ url: network.url }) });
    const other = await open({ prefix });
    const ana = { connectionId: "c-1", userId: "ana" };
    const ben = { connectionId: "c-2", userId: "ben" };
    for (const member of [ana, ben]) await broker.presence.join("room:a", member);
    await broker.presence.heartbeat();
    network.cut();
    await waitUntil(() => broker.state === "down");
    expect(broker.presence.leave("room:a", "c-1")).rejects.toMatchObject({ code: "store_unavailable" });
    await waitUntil(() => broker.state === "up");
    await broker.presence.heartbeat();
    expect(await broker.presence.reap(10)).toEqual([{ channel: "room:a", member: ana }]);
    expect(await broker.presence.reap(10)).toEqual([]);
    expect((await other.presence.list("room:a", 10)).members).toEqual([ben]);
    await Promise.all([broker.close(), other.close()]);
    network.stop();
  });

  test("a member that joined while Redis was unreachable is added with the next heartbeat", async () => {
    const network = startNetwork();
    const broker = await open({ connect: connectRedis({ url: network.url }) });
    await broker.presence.heartbeat();
    network.cut();
    await waitUntil(() => broker.state === "down");
    const member = { connectionId: "c-1", userId: null };
    expect(broker.presence.join("room:a", member)).rejects.toMatchObject({ code: "store_unavailable" });
    await waitUntil(() => broker.state === "up");
    await broker.presence.heartbeat();
    expect(await broker.presence.list("room:a", 10)).toEqual({ count: 1, members: [member] });
    await broker.close();
    network.stop();
  });

  test("after Redis lost its data all members are added again once with the next heartbeat", async () => {
    const prefix = uniquePrefix();
    let puts = 0;
    const broker = await open({
      prefix,
      connect(role) {
        const redis = connectRedis({ url })(role);
        const put = redis.hsetnx.bind(redis);
        redis.hsetnx = (key: RedisKey, field: string | Buffer, value: string | Buffer | number) => {
          puts += 1;
          return put(key, field, value);
        };
        return redis;
      },
    });
    await broker.presence.heartbeat();
    const members = Array.from({ length: 1200 }, (_, index) => ({
      connectionId: `c-${index}`,
      userId: null,
    }));
    await Promise.all(members.map((member) => broker.presence.join("room:a", member)));
    const redis = connectRedis({ url })("commands");
    await new Promise((resolve) => redis.once("ready", resolve));
    await redis.del(...(await redis.keys(`${prefix}*`)));
    puts = 0;
    const heartbeats = Array.from({ length: 3 }, () => broker.presence.heartbeat());
    await broker.presence.leave("room:a", "c-1199");
    await Promise.all(heartbeats);
    expect(puts).toBeLessThanOrEqual(1200);
    expect((await broker.presence.list("room:a", 1)).count).toBe(1199);
    redis.disconnect();
    await broker.close();
  });

  test("a member that leaves while it is joining does not remain", async () => {
    const broker = await open();
    for (let round = 0; round < 50; round++) {
      const joining = broker.presence.join("room:a", { connectionId: `c-${round}`, userId: null });
      await Promise.all([joining, broker.presence.leave("room:a", `c-${round}`)]);
    }
    expect(await broker.presence.list("room:a", 10)).toEqual({ count: 0, members: [] });
    await broker.close();
  });

  test("all members of a crashed instance are found at once, in any number of channels", async () => {
    const prefix = uniquePrefix();
    const dead = await open({ prefix, instanceLeaseMs: 1 });
    const living = await open({ prefix });
    const joins = Array.from({ length: 350 }, (_, index) =>
      dead.presence.join(`room:${index}`, { connectionId: `d-${index}`, userId: null }),
    );
    await Promise.all(joins);
    await dead.presence.heartbeat();
    await Bun.sleep(5);
    expect((await living.presence.reap(1000)).length).toBe(350);
    await Promise.all([dead.close(), living.close()]);
  });

  test("publishing continues after Redis evicted a channel's position, and readers get a gap", async () => {
    const prefix = uniquePrefix();
    const broker = await open({ prefix });
    const redis = connectRedis({ url })("commands");
    await new Promise((resolve) => redis.once("ready", resolve));
    const { position } = await broker.publish("room:a", "1");
    await broker.publish("room:a", "2");
    await redis.del(...(await redis.keys(`${prefix}channel:*room:a:place`)));
    expect((await broker.history("room:a", position, 10)).complete).toBe(false);
    expect((await broker.publish("room:a", "3")).position?.offset).toBe(1);
    const { publications } = await broker.history("room:a", { ...(await standing(broker)), offset: 0 }, 10);
    expect(publications.map(({ text }) => text)).toEqual(["3"]);
    redis.disconnect();
    await broker.close();
  });
});

async function standing(broker: Broker): Promise<{ epoch: string; offset: number }> {
  return (await broker.history("room:a", null, 0)).position;
}
