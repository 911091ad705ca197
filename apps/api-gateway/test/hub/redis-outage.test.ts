import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHttpPublisher, type Publisher } from "@libs/messaging";
import { createTemporaryDirectory, type TemporaryDirectory } from "@libs/testing";
import { type EventService, startEventService } from "./event-service.ts";
import { connect, type HubClient } from "./hub-client.ts";
import { type PrivateRedis, startPrivateRedis } from "./private-redis.ts";
import { runThrough } from "./shop-load.ts";
import { type HubProcess, spawnHub } from "./spawn-hub.ts";

const hasRedis = Bun.which("redis-server") !== null;
const outageMs = 10_000;

describe.skipIf(!hasRedis)("three instances without their Redis (install redis-server to run this)", () => {
  let directory: TemporaryDirectory;
  let redis: PrivateRedis;
  let service: EventService;
  let hubs: readonly HubProcess[] = [];
  let witnesses: readonly { readonly hub: HubProcess; readonly client: HubClient }[] = [];
  let numbers = 0;

  beforeAll(async () => {
    directory = await createTemporaryDirectory();
    redis = await startPrivateRedis(directory.path);
    service = startEventService();
    const spawn = () => spawnHub({ redisUrl: redis.url, prefix: "cartway:outage:", serviceUrl: service.url });
    hubs = await Promise.all([spawn(), spawn(), spawn()]);
    witnesses = await Promise.all(
      hubs.map(async (hub, index) => {
        const headers = { authorization: `Bearer user-witness-${index}` };
        const client = await connect(`${hub.url}/ws`, { headers });
        await client.ask({ type: "join_room", id: "join", payload: { room: `lobby:of-${index}` } });
        return { hub, client };
      }),
    );
  }, 30_000);
  afterAll(async () => {
    await Promise.all(hubs.map((hub) => hub.kill()));
    await redis.kill();
    await service.stop();
    await directory[Symbol.asyncDispose]();
  });

  const publisherAt = ({ http }: HubProcess): Publisher =>
    createHttpPublisher({
      url: http,
      credentials: () => ({ authorization: "Bearer publisher" }),
      timeoutMs: 8000,
    });

  /** What each instance still does on its own while nobody can reach Redis. */
  async function expectLocalTraffic(): Promise<void> {
    for (const [index, { hub, client }] of witnesses.entries()) {
      const event = await client.ask({ type: "cart_event", id: `meanwhile-${numbers++}`, payload: {} });
      expect(event.type).toBe("ack");
      const id = `local-${numbers++}`;
      const publisher = publisherAt(hub);
      await publisher.publish(`room:lobby:of-${index}`, { type: "tick", id }, { history: null });
      await client.frames.find((frame) => frame.id === id);
      const kept = publisher.publish(`room:lobby:of-${index}`, { type: "tick", id: `kept-${numbers++}` });
      await expect(kept).rejects.toMatchObject({ code: "store_unavailable", retryable: true });
    }
  }

  /** Nobody leaves, nothing acknowledged is lost, and what was published is heard by all once it can be. */
  async function expectToSurvive(begin: () => unknown, end: () => unknown): Promise<void> {
    const result = await runThrough({
      hubs,
      publishers: hubs,
      service,
      async fault({ acked }) {
        const endsAt = performance.now() + outageMs;
        await begin();
        await expectLocalTraffic();
        const before = acked();
        await Bun.sleep(Math.max(0, endsAt - performance.now()));
        expect(acked()).toBeGreaterThan(before);
        await end();
      },
    });
    expect(result).toMatchObject({ lost: 0, undetected: 0, gaps: 0, disconnects: 0 });
    expect(result.heard).toBeGreaterThan(10);
    for (const { client } of witnesses) expect(client.socket.readyState).toBe(WebSocket.OPEN);
  }

  test("Redis killed for 10 s: clients stay, local traffic goes on, 0 acknowledged events lost, every gap filled", async () => {
    await expectToSurvive(
      () => redis.kill(),
      () => redis.start(),
    );
  }, 90_000);

  test("Redis that hangs for 10 s with its connections open: the same", async () => {
    await expectToSurvive(
      () => redis.freeze(),
      () => redis.thaw(),
    );
  }, 90_000);
});
