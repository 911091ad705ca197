import { afterAll, describe, expect, test } from "bun:test";
import { serverSuiteName, serverUrl } from "@libs/testing";
import { Redis } from "ioredis";
import { startEventService } from "../../test/hub/event-service.ts";
import { connect, type HubClient } from "../../test/hub/hub-client.ts";
import { type HubFixture, startHub, type StartHubOptions } from "../../test/hub/start-hub.ts";

const service = startEventService();
const fixtures: HubFixture[] = [];
afterAll(async () => {
  await Promise.all(fixtures.map((fixture) => fixture.stop()));
  await service.stop();
});

/** Long enough that no budget refills during a test. */
const windowMs = 3_600_000;
const hub = (frameLimit: object, path = "/ws") => ({
  endpoints: [
    {
      path,
      authenticate: { with: ["platform"], anonymous: true },
      messages: { cart_event: { service: "ingestion", path: "/events", batch: { max: 100, waitMs: 2 } } },
      frameLimit: { by: ["user"], windowMs, ...frameLimit },
    },
  ],
});

function start(frameLimit: object, options: Partial<StartHubOptions> = {}): HubFixture {
  const services = { ingestion: service.url };
  const fixture = startHub({ hub: hub(frameLimit), services, ...options });
  fixtures.push(fixture);
  return fixture;
}

const as = (fixture: HubFixture, user: string) =>
  connect(`${fixture.url}/ws`, { headers: { authorization: `Bearer user-${user}` } });

async function send(client: HubClient, count: number): Promise<readonly string[]> {
  const frames = Array.from({ length: count }, () => ({
    type: "cart_event",
    id: crypto.randomUUID(),
    payload: {},
  }));
  const answers = await Promise.all(frames.map((frame) => client.ask(frame)));
  return answers.map(({ type, error }) => error?.code ?? type);
}

/** The requests of the service, in order. */
const arrived = (field: string) =>
  service.calls.all.flatMap(({ elements }) => elements.map((element) => element[field]));

const count = (answers: readonly string[], what: string) =>
  answers.filter((answer) => answer === what).length;

describe("a frame limit", () => {
  test("counts a caller's frames over all of its connections, separately from other callers", async () => {
    const fixture = start({ limit: 5 });
    const clients = [await as(fixture, "ana"), await as(fixture, "ana")];
    const answers = (await Promise.all(clients.map((client) => send(client, 4)))).flat();
    expect([count(answers, "ack"), count(answers, "rate_limited")]).toEqual([5, 3]);
    const ben = await as(fixture, "ben");
    expect(await send(ben, 5)).toEqual(Array.from({ length: 5 }, () => "ack"));
    expect(arrived("id")).toHaveLength(10);
    expect(fixture.securityEvents).toContainEqual({
      kind: "rate_limited",
      route: "hub /ws",
      reason: "frames",
      address: "127.0.0.1",
    });
    expect(await fixture.metrics.render()).toContain(
      'cartway_rate_limit_decisions_total{route="hub /ws",limit="hub /ws user",verdict="denied"} 3',
    );
    await Promise.all([...clients, ben].map((client) => client.close()));
  });

  test("returns how long to wait, and does not count built-in frames", async () => {
    const fixture = start({ limit: 1 });
    const client = await as(fixture, "ana");
    await send(client, 1);
    const refused = await client.ask({ type: "cart_event", id: "late", payload: {} });
    expect(refused.error).toMatchObject({ code: "rate_limited", retryable: true });
    expect(Number(refused.error?.["retryAfterMs"])).toBeGreaterThan(1000);
    client.send({ type: "heartbeat", id: "h" });
    expect((await client.answer("h")).type).toBe("ack");
    await client.close();
  });

  test("counts anonymous callers by address, and refuses nothing in a dry run", async () => {
    const fixture = start({ limit: 2, dryRun: true });
    const client = await connect(`${fixture.url}/ws`);
    expect(count(await send(client, 5), "ack")).toBe(5);
    expect(await fixture.metrics.render()).toContain('verdict="would_deny"} 3');
    await client.close();
  });

  test("keeps its budgets across a reload unless its settings changed", async () => {
    const fixture = start({ limit: 2 });
    const client = await as(fixture, "ana");
    expect(count(await send(client, 3), "ack")).toBe(2);
    fixture.reload(hub({ limit: 2 }));
    expect(count(await send(client, 1), "ack")).toBe(0);
    fixture.reload(hub({ limit: 4 }));
    expect(count(await send(client, 5), "ack")).toBe(4);
    await client.close();
  });

  test("that requires Redis is refused without Redis, and the running config stays", async () => {
    const fixture = start({ limit: 2 });
    const redis = hub({ limit: 9, store: "redis", onStoreError: "deny" });
    expect(() => fixture.reload(redis)).toThrow("REDIS_URL");
    const client = await as(fixture, "ana");
    expect(count(await send(client, 3), "ack")).toBe(2);
    await client.close();
  });

  test("that denies while Redis is down answers store_unavailable and reports no security event", async () => {
    const redis = new Redis({ port: 1, lazyConnect: true, enableOfflineQueue: false, retryStrategy: null });
    redis.on("error", () => undefined);
    const fixture = start({ limit: 2, store: "redis", onStoreError: "deny" }, { redis });
    const client = await as(fixture, "ana");
    const refused = await client.ask({ type: "cart_event", id: "e-1", payload: {} });
    expect(refused.error).toMatchObject({ code: "store_unavailable", retryable: true });
    expect(fixture.securityEvents).toEqual([]);
    await client.close();
    redis.disconnect();
  });
});

const redisUrl = serverUrl("redis");
describe.skipIf(redisUrl === null)(serverSuiteName("a limit of frames over instances", "redis"), () => {
  const redis = new Redis(redisUrl ?? "", { lazyConnect: true });
  afterAll(() => redis.disconnect());
  const limit = 20;

  test.each(["redis", "redis-leases"])(
    "%s: two hubs together admit as many frames as one, each answered once and in order",
    async (store) => {
      const frameLimit = {
        name: crypto.randomUUID(),
        limit,
        store,
        onStoreError: "deny",
        storeTimeoutMs: 5000,
      };
      const pair = [start(frameLimit, { redis }), start(frameLimit, { redis })];
      const clients = await Promise.all(pair.map((fixture) => as(fixture, "ana")));
      const answers = (await Promise.all(clients.map((client) => send(client, 20)))).flat();
      expect(answers).toHaveLength(40);
      expect([count(answers, "ack"), count(answers, "rate_limited")]).toEqual([limit, limit]);
      await Promise.all(clients.map((client) => client.close()));
    },
  );

  test("frames that wait for the limiter reach the service in the order they were sent", async () => {
    const fixture = start(
      { name: crypto.randomUUID(), limit: 1000, store: "redis", onStoreError: "deny", storeTimeoutMs: 5000 },
      { redis },
    );
    const client = await as(fixture, "ana");
    const frames = Array.from({ length: 50 }, (_, index) => ({ id: `e-${index}`, index }));
    for (const { id, index } of frames) client.send({ type: "cart_event", id, payload: { index } });
    await Promise.all(frames.map(({ id }) => client.answer(id)));
    const acked = client.frames.all.filter(({ type }) => type === "ack").map(({ id }) => id);
    expect(new Set(acked).size).toBe(50);
    const indexes = arrived("index").filter((index) => index !== undefined);
    expect(indexes).toEqual(frames.map(({ index }) => index));
    expect(fixture.hub.context.state.inFlight).toBe(0);
    await client.close();
  });
});
