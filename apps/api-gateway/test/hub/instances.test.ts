import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Cartway, createCartway, type HubFrame } from "@cartway/client";
import { createHttpPublisher, type Publisher } from "@libs/messaging";
import { createTemporaryDirectory, type TemporaryDirectory, waitUntil } from "@libs/testing";
import { type EventService, startEventService } from "./event-service.ts";
import { connect, type HubClient } from "./hub-client.ts";
import { type PrivateRedis, startPrivateRedis } from "./private-redis.ts";
import { type HubProcess, spawnHub } from "./spawn-hub.ts";

const hasRedis = Bun.which("redis-server") !== null;

describe.skipIf(!hasRedis)("several instances over Redis (install redis-server to run this)", () => {
  let directory: TemporaryDirectory;
  let redis: PrivateRedis;
  let service: EventService;
  let hubs: HubProcess[] = [];
  let numbers = 0;
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

  /** Shops on the instances, each with a queue of events and a room, coming back to another instance when theirs is gone. */
  function shops(count: number) {
    return Array.from({ length: count }, (_, index) => {
      const heard: string[] = [];
      let target = index;
      const client: Cartway = createCartway({
        url: `${at(index % hubs.length).url}/ws`,
        sessionId: `session-of-shop-${numbers++}-0123456789`,
        backoffMaxMs: 200,
        WebSocket: class extends WebSocket {
          constructor(_url: string, protocols: string[]) {
            super(`${at(target++ % hubs.length).url}/ws`, protocols);
          }
        },
      });
      const leave = client.join("lobby:shops", {
        onFrame: ({ type, id = "" }: HubFrame) => type === "tick" && heard.push(id),
        onGap: () => heard.push("gap"),
      });
      return { client, heard, leave };
    });
  }

  const isOpen = ({ client }: { client: Cartway }): boolean => client.state.connection.status === "open";

  /** Publishes until told to stop, each frame until it was taken: what was taken must reach everybody. */
  function publishing(indexes: readonly number[]) {
    const stop = new AbortController();
    const taken: string[] = [];
    const run = (async () => {
      for (let number = 0; !stop.signal.aborted; number++) {
        const frame = { type: "tick", id: `p-${numbers++}-${number}` };
        await waitUntil(
          () => publisherAt(indexes[number % indexes.length] ?? 0).publish("room:lobby:shops", frame),
          { timeoutMs: 30_000 },
        );
        taken.push(frame.id);
        await Bun.sleep(2);
      }
    })();
    return {
      taken,
      async stop() {
        stop.abort();
        await run;
      },
    };
  }

  /** Everything taken was heard once and in order, but for what a gap was told for. */
  function undetectedGaps(taken: readonly string[], heard: readonly string[]): number {
    let undetected = 0;
    let position = taken.indexOf(heard.find((id) => id !== "gap") ?? "");
    let excused = false;
    for (const id of heard) {
      if (id === "gap") {
        excused = true;
        continue;
      }
      const found = taken.indexOf(id, position);
      if (found < 0 || (found > position && !excused)) undetected += 1;
      position = found + 1;
      excused = false;
    }
    return undetected;
  }

  async function runThrough(fault: () => Promise<void>, publishers: readonly number[]) {
    const clients = shops(12);
    await waitUntil(() => clients.every(isOpen));
    await Bun.sleep(100);
    const ticks = publishing(publishers);
    const acked: string[] = [];
    const sending = new AbortController();
    const sent = clients.map(async ({ client }, shop) => {
      for (let number = 0; !sending.signal.aborted; number++) {
        const id = `shop-${shop}-${numbers++}-${number}`;
        await client.send("cart_event", { id });
        acked.push(id);
      }
    });
    await waitUntil(() => acked.length > 300);
    await fault();
    const before = acked.length;
    await waitUntil(() => clients.every(isOpen) && acked.length > before + 300, { timeoutMs: 30_000 });
    sending.abort();
    await Promise.all(sent);
    await ticks.stop();
    const last = ticks.taken.at(-1) ?? "";
    await waitUntil(() => clients.every(({ heard }) => heard.at(-1) === last || heard.at(-1) === "gap"), {
      timeoutMs: 15_000,
    });
    const arrived = new Set(
      service.calls.all.flatMap(({ elements }) => elements.map((element) => element["id"])),
    );
    const result = {
      lost: acked.filter((id) => !arrived.has(id)).length,
      undetected: clients
        .map(({ heard }) => undetectedGaps(ticks.taken, heard))
        .reduce((sum, count) => sum + count, 0),
      acked: acked.length,
      heard: Math.min(...clients.map(({ heard }) => heard.length)),
      gaps: clients.reduce((sum, { heard }) => sum + heard.filter((id) => id === "gap").length, 0),
    };
    for (const { client } of clients) client.close();
    return result;
  }

  test("kill -9 of an instance under load: 0 acknowledged events lost, 0 undetected gaps, and the room is told who left", async () => {
    const witness = await member(0, "lobby:witness");
    const victim = await member(2, "lobby:witness", "user-victim");
    await witness.frames.find(
      (frame) => frame.type === "member_joined" && frame.payload?.["userId"] === "victim",
    );
    const result = await runThrough(async () => {
      await at(2).kill();
      hubs = hubs.slice(0, 2);
    }, [0, 1]);
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

  test("Redis stopped and started: clients stay connected, 0 acknowledged events lost, 0 undetected gaps", async () => {
    const stays = await member(0, "lobby:stays");
    const result = await runThrough(async () => {
      await redis.kill();
      const before = await stays.ask({ type: "cart_event", id: `while-down-${numbers++}`, payload: {} });
      expect(before.type).toBe("ack");
      await Bun.sleep(2000);
      await redis.start();
    }, [0, 1]);
    expect(result).toMatchObject({ lost: 0, undetected: 0 });
    expect(stays.socket.readyState).toBe(WebSocket.OPEN);
    await stays.close();
  }, 60_000);
});
