import { describe, expect, test } from "bun:test";
import type { Store } from "@libs/elysia-server";
import { freePort } from "@libs/testing";
import { serviceAt, startGateway, startGatewayTo, type RunningGateway } from "../support/start-gateway.ts";
import { startUpstream } from "../support/upstreams/start-upstream.ts";

const storeThat = (health: Store["health"]): Store => ({ health });
const wellStore = storeThat(() => Promise.resolve({ status: "up", latencyMs: 1 }));
const brokenStore = storeThat(() => Promise.reject(new Error("password=hunter2")));

async function healthOf({ url }: RunningGateway): Promise<readonly [number, string, unknown]> {
  const response = await fetch(`${url}/health`);
  const text = await response.text();
  return [response.status, text, JSON.parse(text)];
}

describe("GET /health", () => {
  test("is healthy if every service and store responds", async () => {
    await using shop = startUpstream();
    await using gateway = await startGateway(
      { services: { shop: serviceAt(shop.url, { health: { path: "/ready" } }) } },
      { stores: { postgresql: wellStore } },
    );
    const [status, , report] = await healthOf(gateway);
    expect(status).toBe(200);
    expect(report).toMatchObject({
      status: "healthy",
      services: { shop: { status: "up" } },
      stores: { postgresql: { status: "up" } },
    });
    expect(shop.seen.all.map(({ path }) => path)).toContain("/ready");
  });

  test("accepts any non-5xx response of services without a health path, and only 2xx of those with one", async () => {
    await using shop = startUpstream(() => new Response("who?", { status: 404 }));
    await using gateway = await startGateway({
      services: { plain: serviceAt(shop.url), checked: serviceAt(shop.url, { health: { path: "/ready" } }) },
    });
    expect((await healthOf(gateway))[2]).toMatchObject({
      services: { plain: { status: "up" }, checked: { status: "down" } },
    });
  });

  test("is degraded, still 200, and names what is down by config id only", async () => {
    await using shop = startUpstream();
    await using failing = startUpstream(() => new Response("stack trace", { status: 500 }));
    const dead = `http://127.0.0.1:${await freePort()}`;
    await using gateway = await startGateway(
      { services: { shop: serviceAt(shop.url), failing: serviceAt(failing.url), dead: serviceAt(dead) } },
      { stores: { redis: brokenStore } },
    );
    const [status, text, report] = await healthOf(gateway);
    expect(status).toBe(200);
    expect(report).toMatchObject({
      status: "degraded",
      services: { shop: { status: "up" }, failing: { status: "down" }, dead: { status: "down" } },
      stores: { redis: { status: "down" } },
    });
    expect(text).not.toMatch(/127\.0\.0\.1|stack trace|hunter2/);
  });

  test("takes the answer of a fallback for none of the service itself", async () => {
    await using copy = startUpstream();
    const dead = `http://127.0.0.1:${await freePort()}`;
    await using gateway = await startGateway({
      services: {
        copy: serviceAt(copy.url),
        fixed: serviceAt(dead, { fallback: { respond: { body: [] } } }),
        copied: serviceAt(dead, { fallback: { service: "copy" } }),
      },
    });
    expect((await healthOf(gateway))[2]).toMatchObject({
      status: "degraded",
      services: { copy: { status: "up" }, fixed: { status: "down" }, copied: { status: "down" } },
    });
  });

  test("is unhealthy, 503, if no component responds within the deadline, however many there are", async () => {
    const never = new Promise<never>(() => undefined);
    await using silent = startUpstream(() => never);
    const services = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`service-${index}`, serviceAt(silent.url)]),
    );
    await using gateway = await startGateway(
      { server: { healthDeadlineMs: 50 }, services },
      { stores: { redis: storeThat(() => never) } },
    );
    const [status, text] = await healthOf(gateway);
    expect(status).toBe(503);
    expect(text.match(/"down"/g)?.length).toBe(21);
  });

  test("concurrent requests share one check of each service", async () => {
    await using shop = startUpstream();
    await using gateway = await startGateway(
      { services: { shop: serviceAt(shop.url) } },
      { now: () => 1000 },
    );
    const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(`${gateway.url}/health`)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(shop.seen.all.length).toBe(1);
  });

  test("a later request checks again", async () => {
    let isWell = true;
    let time = 0;
    await using shop = startUpstream(() => new Response(null, { status: isWell ? 200 : 500 }));
    await using gateway = await startGateway(
      { services: { shop: serviceAt(shop.url) } },
      { now: () => time },
    );
    expect((await healthOf(gateway))[0]).toBe(200);
    isWell = false;
    time += 1000;
    expect((await healthOf(gateway))[0]).toBe(503);
  });
});

describe("GET /readyz", () => {
  test("stays 200 while a store that once responded is down, because all instances share it", async () => {
    let store = wellStore;
    let time = 0;
    await using gateway = await startGateway(
      {},
      { stores: { redis: storeThat(() => store.health()) }, now: () => time },
    );
    const status = async () => (await fetch(`${gateway.url}/readyz`)).status;
    expect(await status()).toBe(200);
    store = brokenStore;
    time += 10_000;
    expect(await status()).toBe(200);
    expect(JSON.stringify(await healthOf(gateway))).toContain("down");
  });
});

test("GET /health decides nothing about a service: however its health path answers, its requests are sent", async () => {
  await using upstream = startUpstream(
    ({ url }) => new Response("", { status: url.endsWith("/healthz") ? 503 : 200 }),
  );
  const breaker = { service: { failuresInARow: 1 }, target: { failuresInARow: 1 } };
  const outliers = { errorsInARow: 1, gatewayFailuresInARow: 1, ejectedShareMax: 1 };
  await using gateway = await startGatewayTo(upstream.url, {}, { breaker, outliers });
  expect((await healthOf(gateway))[2]).toMatchObject({ services: { api: { status: "down" } } });
  expect((await fetch(`${gateway.url}/cart`)).status).toBe(200);
  const metrics = await gateway.metrics.render();
  expect(metrics).toContain('cartway_upstream_breaker_open{service="api"} 0');
  expect(metrics).toContain('cartway_upstream_targets{service="api",state="available"} 1');
});
