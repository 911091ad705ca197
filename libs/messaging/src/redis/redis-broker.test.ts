import { describe, expect, test } from "bun:test";
import { createEventLog, serverSuiteName, serverUrl, waitUntil } from "@libs/testing";
import { Redis } from "ioredis";
import { type Broker, type BrokerState, type Publication } from "../broker/broker.ts";
import { describeBroker } from "../broker/broker.contract.ts";
import { connectRedis } from "./connect-redis.ts";
import { createRedisBroker, type RedisBrokerOptions } from "./redis-broker.ts";
import { readMessage } from "./redis-subscriptions.ts";

const url = serverUrl("redis");

async function open(options: Partial<RedisBrokerOptions> = {}): Promise<Broker> {
  const connect = connectRedis({ url: url ?? "redis://127.0.0.1:1" });
  const broker = createRedisBroker({ connect, prefix: prefix(), onError: () => {}, ...options });
  await waitUntil(() => broker.state === "up", { what: "the broker to be up" });
  return broker;
}

let prefixes = 0;
function prefix(): string {
  return `cartway:test:${process.pid}:${Date.now()}:${prefixes++}:`;
}

describe.skipIf(url === null)(serverSuiteName("brokers", "redis"), () => {
  for (const sharded of [false, true]) {
    describeBroker(`the broker with ${sharded ? "sharded" : "plain"} pub/sub`, async () => {
      const shared = prefix();
      const first = await open({ prefix: shared, sharded });
      const second = await open({ prefix: shared, sharded });
      return { first, second, close: async () => void (await Promise.all([first.close(), second.close()])) };
    });
  }

  test("the members of a crashed instance are handed to exactly one of the others", async () => {
    const shared = prefix();
    const dead = await open({ prefix: shared, instanceLeaseMs: 10 });
    const living = await Promise.all([open({ prefix: shared }), open({ prefix: shared })]);
    await dead.presence.heartbeat();
    const channels = ["room:a", "room:b"];
    for (const channel of channels) await dead.presence.join(channel, { connectionId: "d-1", userId: "ana" });
    await living[0].presence.join("room:a", { connectionId: "l-1", userId: null });
    await living[0].presence.heartbeat();
    const reaped: { channel: string }[] = [];
    await waitUntil(async () => {
      const rounds = await Promise.all(living.map((broker) => broker.presence.reap(100)));
      reaped.push(...rounds.flat());
      return reaped.length >= 2;
    });
    expect(reaped.map((orphan) => orphan.channel).toSorted()).toEqual(channels);
    expect((await living[1].presence.list("room:a", 10)).members).toEqual([
      { connectionId: "l-1", userId: null },
    ]);
    await dead.presence.heartbeat();
    expect((await living[1].presence.list("room:b", 10)).count).toBe(1);
    await Promise.all([dead, ...living].map((broker) => broker.close()));
  });

  test("an instance that returns while it is being reaped gets all its members back", async () => {
    const shared = prefix();
    const paused = await open({ prefix: shared, instanceLeaseMs: 1 });
    const other = await open({ prefix: shared });
    await paused.presence.heartbeat();
    const ids = ["c-1", "c-2", "c-3"];
    for (const connectionId of ids) await paused.presence.join("room:a", { connectionId, userId: null });
    await waitUntil(async () => (await other.presence.reap(1)).length === 1);
    await paused.presence.heartbeat();
    expect((await other.presence.list("room:a", 10)).count).toBe(ids.length);
    await Promise.all([paused.close(), other.close()]);
  });

  test("reaping stops at its limit and continues in the next round", async () => {
    const shared = prefix();
    const dead = await open({ prefix: shared, instanceLeaseMs: 1 });
    const living = await open({ prefix: shared });
    await dead.presence.heartbeat();
    for (let index = 0; index < 5; index++) {
      await dead.presence.join("room:a", { connectionId: `d-${index}`, userId: null });
    }
    await Bun.sleep(5);
    expect((await living.presence.reap(2)).length).toBe(2);
    expect((await living.presence.reap(10)).length).toBe(3);
    expect(await living.presence.reap(10)).toEqual([]);
    await Promise.all([dead.close(), living.close()]);
  });
});

describe("while Redis cannot be reached", () => {
  const unreachable = (): Broker =>
    createRedisBroker({ connect: connectRedis({ url: "redis://127.0.0.1:1" }), onError: () => {} });

  test("publishing to a channel with history is refused; without history it reaches the instance's own listeners", async () => {
    const broker = unreachable();
    const log = createEventLog<Publication>();
    await broker.subscribe("room:a", { publication: log.push });
    expect(broker.state).toBe("down");
    expect(broker.publish("room:a", "kept")).rejects.toMatchObject({ code: "store_unavailable" });
    expect(broker.history("room:a", null, 0)).rejects.toMatchObject({ code: "store_unavailable" });
    expect(broker.presence.list("room:a", 1)).rejects.toMatchObject({ code: "store_unavailable" });
    expect(await broker.publish("room:a", "local", { history: null })).toEqual({
      position: null,
      reach: "local",
    });
    expect((await log.next()).text).toBe("local");
    await broker.close();
  });
});

describe.skipIf(Bun.which("redis-server") === null)("a Redis that restarts", () => {
  test("is noticed, and every subscription is restored before the state becomes `up`", async () => {
    const server = await startRedis();
    const connect = connectRedis({ url: `redis://127.0.0.1:${server.port}` });
    const broker = createRedisBroker({ connect, onError: () => {} });
    const states = createEventLog<BrokerState>();
    broker.onState(states.push);
    await states.find((state) => state === "up");
    const log = createEventLog<Publication>();
    const listener = { publication: log.push };
    await broker.subscribe("room:a", listener);
    await broker.publish("room:a", "before");
    await server.stop();
    await waitUntil(() => broker.state === "down");
    await broker.subscribe("room:b", listener);
    await server.start();
    await waitUntil(() => broker.state === "up");
    await broker.publish("room:a", "after");
    await broker.publish("room:b", "late");
    expect((await log.atLeast(3)).map((publication) => publication.text)).toEqual([
      "before",
      "after",
      "late",
    ]);
    expect(states.all).toEqual(["up", "down", "up"]);
    await Promise.all([broker.unsubscribe("room:a", listener), broker.unsubscribe("room:b", listener)]);
    await broker.close();
    await server.stop();
  }, 30_000);
});

describe.skipIf(Bun.which("redis-server") === null)("a subscription that Redis first refuses", () => {
  test.each([false, true])(
    "is retried until it succeeds, with those requested at the same time (sharded: %p)",
    async (sharded) => {
      const server = await startRedis();
      const url = `redis://127.0.0.1:${server.port}`;
      const admin = new Redis(url);
      await admin.call("ACL", "SETUSER", "default", "resetchannels", "&*}room:a", "&*}room:c");
      const told: unknown[] = [];
      const connect = connectRedis({ url });
      const broker = createRedisBroker({ connect, sharded, onError: (error) => void told.push(error) });
      const states = createEventLog<BrokerState>();
      broker.onState(states.push);
      await states.find((state) => state === "up");
      const log = createEventLog<Publication>();
      const rooms = ["room:a", "room:b", "room:c"];
      await Promise.all(rooms.map((room) => broker.subscribe(room, { publication: log.push })));
      await waitUntil(() => states.all.includes("down"), { what: "the refusal to be noticed" });
      expect(String(told[0])).toContain("NOPERM");
      await admin.call("ACL", "SETUSER", "default", "allchannels");
      await waitUntil(() => broker.state === "up", { what: "the broker to be up again" });
      for (const room of rooms) await broker.publish(room, room, { history: null });
      expect((await log.atLeast(3)).map(({ text }) => text).toSorted()).toEqual(rooms);
      await broker.close();
      admin.disconnect();
      await server.stop();
    },
    30_000,
  );
});

test("messages in a foreign format are ignored", () => {
  for (const message of ["", "x", "1", "a b c", "-1 e t"]) expect(readMessage("room:a", message)).toBeNull();
  expect(readMessage("room:a", "0 m text")).toEqual({
    publication: { channel: "room:a", text: "text", position: null },
    mark: "m",
  });
});

/** A server of the test's own, on one port over its restarts. */
async function startRedis(): Promise<{ port: number; start(): Promise<void>; stop(): Promise<void> }> {
  const probe = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = probe;
  probe.stop(true);
  let child: Bun.Subprocess | null = null;
  async function start(): Promise<void> {
    const settings = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    child = Bun.spawn(["redis-server", ...settings], { stdout: "ignore", stderr: "ignore" });
    await waitUntil(async () => {
      const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
      socket.end();
      return true;
    });
  }
  async function stop(): Promise<void> {
    child?.kill("SIGKILL");
    await child?.exited;
    child = null;
  }
  await start();
  return { port, start, stop };
}
