import { describe, expect, test } from "bun:test";
import { createEventLog, serverSuiteName, serverUrl, waitUntil } from "@libs/testing";
import type { Broker, Publication } from "../broker/broker.ts";
import { connectRedis, type RedisRole } from "./connect-redis.ts";
import { LocalDeliveries } from "./local-deliveries.ts";
import type { RedisConnection } from "./lua-script.ts";
import { createRedisBroker } from "./redis-broker.ts";

const url = serverUrl("redis") ?? "redis://127.0.0.1:1";
let prefixes = 0;

/** A way to the server for commands that holds what goes there, or what comes back, until it is let go of. */
function startNetwork() {
  const { hostname, port } = new URL(url);
  const holds = { up: false, down: false };
  const held: (() => void)[] = [];
  const pass = (isHeld: boolean, write: () => void): void => void (isHeld ? held.push(write) : write());
  const server = Bun.listen<{ up: Promise<Bun.Socket> }>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(down) {
        const data = (_up: Bun.Socket, bytes: Buffer): void => {
          const copy = Buffer.from(bytes);
          pass(holds.down, () => void down.write(copy));
        };
        down.data = { up: Bun.connect({ hostname, port: Number(port), socket: { data } }) };
      },
      async data(down, bytes) {
        const copy = Buffer.from(bytes);
        const up = await down.data.up;
        pass(holds.up, () => void up.write(copy));
      },
      close: async (down) => void (await down.data.up).end(),
    },
  });
  return {
    url: `redis://127.0.0.1:${server.port}`,
    holds,
    letGo() {
      holds.up = holds.down = false;
      for (const write of held.splice(0)) write();
    },
    stop: () => server.stop(true),
  };
}

async function open() {
  const network = startNetwork();
  const prefix = `cartway:local:${process.pid}:${Date.now()}:${prefixes++}:`;
  const through = { commands: network.url, subscriptions: url };
  const connect = (role: RedisRole): RedisConnection =>
    connectRedis({ url: through[role], commandTimeoutMs: 300 })(role);
  const settings = { prefix, silenceMs: 60_000, onError: () => {} };
  const broker = createRedisBroker({ ...settings, connect });
  const other = createRedisBroker({ ...settings, connect: connectRedis({ url }) });
  await waitUntil(() => broker.state === "up" && other.state === "up", { what: "the brokers to be up" });
  const heard = createEventLog<Publication>();
  const elsewhere = createEventLog<Publication>();
  await broker.subscribe("room:a", { publication: heard.push });
  await other.subscribe("room:a", { publication: elsewhere.push });
  async function close(): Promise<void> {
    network.letGo();
    await Promise.all([broker.close(), other.close()]);
    network.stop();
  }
  return { network, broker, heard, elsewhere, close };
}

/** Everything that was published before has come. */
async function settle(broker: Broker, logs: readonly ReturnType<typeof createEventLog<Publication>>[]) {
  await broker.publish("room:a", "last", { history: null });
  for (const log of logs) await log.find(({ text }) => text === "last");
  return logs.map((log) => log.all.map(({ text }) => text));
}

describe.skipIf(serverUrl("redis") === null)(serverSuiteName("publishing without history", "redis"), () => {
  test.each([undefined, "k"])(
    "arrives once if the server published it but its answer came too late (key: %p)",
    async (idempotencyKey) => {
      const { network, broker, heard, elsewhere, close } = await open();
      const options = { history: null, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) };
      // so that the server knows the script
      await broker.publish("room:a", "first", { ...options, idempotencyKey: "first" });
      network.holds.down = true;
      const publishing = broker.publish("room:a", "once", options);
      await elsewhere.find(({ text }) => text === "once");
      expect((await publishing).reach).toBe("local");
      network.letGo();
      const once = ["first", "once", "last"];
      expect(await settle(broker, [heard, elsewhere])).toEqual([once, once]);
      await close();
    },
  );

  test.each([undefined, "k"])(
    "arrives locally at once if the server does not answer, and not again when it publishes late (key: %p)",
    async (idempotencyKey) => {
      const { network, broker, heard, elsewhere, close } = await open();
      const options = { history: null, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) };
      await broker.publish("room:a", "first", { ...options, idempotencyKey: "first" });
      network.holds.up = true;
      expect((await broker.publish("room:a", "once", options)).reach).toBe("local");
      expect(heard.all.map(({ text }) => text)).toEqual(["first", "once"]);
      network.letGo();
      const once = ["first", "once", "last"];
      expect(await settle(broker, [heard, elsewhere])).toEqual([once, once]);
      await close();
    },
  );

  test("sent again under its id after a local delivery reaches the other instances, and nobody twice", async () => {
    const { network, broker, heard, elsewhere, close } = await open();
    const options = { history: null, idempotencyKey: "k" };
    network.holds.up = true;
    for (let tries = 0; tries < 2; tries++)
      expect((await broker.publish("room:a", "once", options)).reach).toBe("local");
    network.letGo();
    expect((await broker.publish("room:a", "once", options)).reach).toBe("all");
    expect(await settle(broker, [heard, elsewhere])).toEqual([
      ["once", "last"],
      ["once", "last"],
    ]);
    await close();
  });
});

test("local deliveries are remembered for a limited time, and at most 100,000 of them", () => {
  const clock = { now: 0 };
  const local = new LocalDeliveries({ instanceId: "i", clock: () => clock.now });
  const mark = local.mark(undefined);
  expect([local.fail("room:a", mark), local.hear("room:a", mark)]).toEqual([true, false]);
  for (let count = 0; count < 100_001; count++) local.fail("room:a", local.mark(undefined));
  expect(local.hear("room:a", mark)).toBe(true);
  const late = local.mark("k");
  local.fail("room:a", late);
  clock.now = 299_000;
  expect([local.hear("room:a", late), local.hear("room:b", late)]).toEqual([false, true]);
});
