import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import type { HubClient } from "./hub-client.ts";
import { runThrough } from "./shop-load.ts";
import type { HubProcess } from "./spawn-hub.ts";
import { type Instances, joinAt, publisherAt, startInstances } from "./start-instances.ts";

const hasRedis = Bun.which("redis-server") !== null;
const outageMs = 10_000;

describe.skipIf(!hasRedis)("three instances without their Redis (install redis-server to run this)", () => {
  let instances: Instances;
  let witnesses: readonly { readonly hub: HubProcess; readonly client: HubClient }[] = [];
  let numbers = 0;

  beforeAll(async () => {
    instances = await startInstances("cartway:outage:");
    witnesses = await Promise.all(
      instances.hubs.map(async (hub, index) => {
        const client = await joinAt(hub, `lobby:of-${index}`, `user-witness-${index}`);
        return { hub, client };
      }),
    );
  }, 30_000);
  afterAll(() => instances.stop());

  /** What each instance still does while Redis is unreachable. */
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

  /** Clients stay connected, nothing acknowledged is lost, and publications reach everybody afterwards. */
  async function expectToSurvive(begin: () => unknown, end: () => unknown): Promise<void> {
    const { hubs, service } = instances;
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
        await waitUntil(() => acked() > before, { what: "events that are acknowledged meanwhile" });
        await end();
      },
    });
    expect(result).toMatchObject({ lost: 0, undetected: 0, gaps: 0, disconnects: 0 });
    expect(result.heard).toBeGreaterThan(10);
    for (const { client } of witnesses) expect(client.socket.readyState).toBe(WebSocket.OPEN);
  }

  test("Redis killed for 10 s: clients stay, local traffic continues, no acknowledged event is lost, and every gap is filled", async () => {
    await expectToSurvive(
      () => instances.redis.kill(),
      () => instances.redis.start(),
    );
  }, 90_000);

  test("Redis hanging for 10 s with open connections: clients stay, local traffic continues, nothing acknowledged is lost, and every gap is filled", async () => {
    await expectToSurvive(
      () => instances.redis.freeze(),
      () => instances.redis.thaw(),
    );
  }, 90_000);
});
