import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { adminCredentials, origin } from "@libs/auth/testing";
import { addKey } from "@libs/auth/platform";
import { inspectBucket, resetBucket } from "./administer-limits.ts";
import { LimiterPool } from "./limiter-pool.ts";
import { serverSuiteName, serverUrl } from "@libs/testing";
import { Redis } from "ioredis";
import { type AccessGateway, checked, startAccessGateway } from "../../../test/support/access-gateway.ts";

const day = 86_400_000;
const anonymous = { type: "authenticate", with: ["platform", "partners"], anonymous: true };
const identity = { platform: { type: "local" }, partners: { type: "api-key" } };
const limited = (id: string, limit: object, before: readonly object[] = []) => ({
  id,
  match: { path: `/${id}` },
  service: "echo",
  policies: [...before, { type: "rate-limit", windowMs: day, ...limit }],
});
const config = {
  identity,
  routes: [
    limited("plain", { by: ["ip"], limit: 2 }),
    limited("several", {
      by: ["ip"],
      windowMs: undefined,
      limits: [
        { name: "burst", limit: 3, windowMs: 60_000 },
        { name: "daily", limit: 100, windowMs: day },
      ],
      headers: "both",
    }),
    limited("users", { by: ["user", "route"], limit: 1 }, [anonymous]),
    limited("keys", { by: ["key"], limit: 2, weights: { gold: 3 } }, [anonymous]),
    limited("headers", { by: [{ header: "x-device" }], limit: 1 }),
    limited("claims", { by: [{ claim: "sid" }], limit: 1 }, [anonymous]),
    limited("dry", { by: ["ip"], limit: 1, dryRun: true }),
    limited("tokens", { by: ["ip"], limit: 100, cost: 0, responseCost: { header: "x-tokens-used" } }),
    limited("bytes", { by: ["ip"], limit: 10, cost: 0, responseCost: "bytes" }),
    limited("first", { by: ["ip"], limit: 2, name: "both", shared: true }),
    limited("second", { by: ["ip"], limit: 2, name: "both", shared: true }),
    limited("quiet", { by: ["ip"], limit: 1, headers: "none" }),
    limited("layered", { by: [{ header: "x-user" }], limit: 1, name: "user" }, [
      { type: "rate-limit", by: ["ip"], limit: 3, windowMs: day, name: "address" },
      { type: "rate-limit", by: ["route"], limit: 3, windowMs: day, name: "quiet", headers: "none" },
    ]),
    limited("metered", { by: [{ header: "x-user" }], limit: 1, name: "user" }, [
      { type: "rate-limit", by: ["ip"], limit: 1500, windowMs: day, cost: 0, responseCost: "bytes" },
    ]),
    limited("twin", { by: ["ip"], limit: 2 }),
    limited("other-twin", { by: ["ip"], limit: 2 }),
    limited("tenants", { by: ["tenant"], limit: 1 }, [anonymous]),
  ],
};

let running: AccessGateway;
beforeAll(async () => {
  running = await startAccessGateway(() => config);
});
afterAll(() => running.close());

const get = (path: string, headers: Record<string, string> = {}) => fetch(running.url(path), { headers });
const statuses = async (path: string, count: number, headers: Record<string, string> = {}) => {
  const all: number[] = [];
  for (let index = 0; index < count; index += 1) all.push((await get(path, headers)).status);
  return all;
};

test("exactly the limit passes, with the headers of draft 10, Retry-After and the violated limit", async () => {
  const first = await get("/plain");
  expect(first.headers.get("ratelimit-policy")).toBe('"default";q=2;w=86400');
  expect(first.headers.get("ratelimit")).toMatch(/^"default";r=1;t=\d+$/);
  await get("/plain");
  const refused = await get("/plain");
  expect(refused.status).toBe(429);
  expect(refused.headers.get("ratelimit")).toMatch(/^"default";r=0;t=\d+$/);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(40_000);
  expect(JSON.parse(await refused.text()).error).toMatchObject({
    code: "rate_limited",
    details: { violated: ["default"] },
  });
});

test("of 100 concurrent clients exactly the limit passes", async () => {
  const fresh = await startAccessGateway(() => ({
    routes: [limited("many", { by: ["route"], limit: 1000 })],
  }));
  const counts = await Promise.all(
    Array.from({ length: 100 }, async () => {
      let passed = 0;
      for (let index = 0; index < 12; index += 1)
        if ((await fetch(fresh.url("/many"))).status === 200) passed += 1;
      return passed;
    }),
  );
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1000);
  await fresh.close();
});

test("several limits apply at once; the legacy headers report the tightest", async () => {
  const answer = await get("/several");
  expect(answer.headers.get("ratelimit-policy")).toBe('"burst";q=3;w=60, "daily";q=100;w=86400');
  expect([answer.headers.get("x-ratelimit-limit"), answer.headers.get("x-ratelimit-remaining")]).toEqual([
    "3",
    "2",
  ]);
  expect(await statuses("/several", 3)).toEqual([200, 200, 429]);
  const last = await get("/several");
  expect(JSON.parse(await last.text()).error.details).toEqual({ violated: ["burst"] });
});

test("users, keys, headers and claims have budgets of their own; requests without them are counted by address", async () => {
  const { accessToken } = await running.auth.sessions.login(adminCredentials, origin);
  const user = { authorization: `Bearer ${accessToken}` };
  expect(await statuses("/users", 2, user)).toEqual([200, 429]);
  expect(await statuses("/users", 2)).toEqual([200, 429]);
  expect(await statuses("/claims", 2, user)).toEqual([200, 429]);
  expect(await statuses("/claims", 2)).toEqual([200, 429]);
  expect(await statuses("/headers", 2, { "x-device": "a" })).toEqual([200, 429]);
  expect(await statuses("/headers", 2, { "x-device": "b" })).toEqual([200, 429]);
  expect(await statuses("/headers", 2)).toEqual([200, 429]);
  expect(await statuses("/tenants", 2)).toEqual([200, 429]);
});

test("plan and key weights multiply the budget", async () => {
  const context = { sql: running.sql, auth: running.auth, now: running.clock.now, actor: "test" };
  const draft = { name: "n", owner: "acme", roles: [], scopes: [], tenantId: null, expiresAt: null };
  const gold = await addKey(context, { ...draft, plan: "gold", weight: 2 });
  const plain = await addKey(context, { ...draft, plan: "unheard-of", weight: 1 });
  const passed = async (key: string) =>
    (await statuses("/keys", 15, { "x-api-key": key })).filter((status) => status === 200).length;
  expect(await passed(gold.key)).toBe(12);
  expect(await passed(plain.key)).toBe(2);
  expect((await get("/keys", { "x-api-key": gold.key })).headers.get("ratelimit-policy")).toBe(
    '"default";q=12;w=86400',
  );
});

test("a dry run counts without refusing", async () => {
  expect(await statuses("/dry", 3)).toEqual([200, 200, 200]);
  expect(await running.metrics.render()).toMatch(
    /cartway_rate_limit_decisions_total\{.*route="dry".*verdict="would_deny".*\} 2/,
  );
});

test("a response's cost is charged afterwards, and a service cannot refund budget", async () => {
  running.echo.answerHeaders = { "x-tokens-used": "-1000000" };
  expect((await get("/tokens")).status).toBe(200);
  running.echo.answerHeaders = { "x-tokens-used": "150.5" };
  expect(await statuses("/tokens", 2)).toEqual([200, 429]);
  running.echo.answerHeaders = {};
  expect(await statuses("/bytes", 2)).toEqual([200, 429]);
});

test("undeclared bytes are counted as they are sent, and a HEAD response has none", async () => {
  const services = {
    stream: Bun.serve({
      port: 0,
      fetch: (request) =>
        request.method === "HEAD"
          ? new Response(null, { headers: { "content-length": "1000000" } })
          : new Response(streamOf("0123456789", 20)),
    }),
  };
  const { stream } = services;
  const gateway = await startAccessGateway(() => ({
    services: { stream: { discovery: { type: "static", targets: [{ url: stream.url.origin }] } } },
    routes: [
      { ...limited("bytes", { by: ["ip"], limit: 150, cost: 0, responseCost: "bytes" }), service: "stream" },
    ],
  }));
  const ask = (method: string) => fetch(gateway.url("/bytes"), { method });
  expect([(await ask("HEAD")).status, (await ask("HEAD")).status]).toEqual([200, 200]);
  expect(await (await ask("GET")).text()).toHaveLength(200);
  expect((await ask("GET")).status).toBe(429);
  await gateway.close();
  await stream.stop(true);
});

function streamOf(part: string, parts: number): ReadableStream<Uint8Array> {
  let left = parts;
  return new ReadableStream({
    pull(controller) {
      if (left === 0) return controller.close();
      left -= 1;
      controller.enqueue(new TextEncoder().encode(part));
    },
  });
}

test("routes with an equal limit have a budget, headers and counts of their own", async () => {
  expect(await statuses("/twin", 3)).toEqual([200, 200, 429]);
  const other = await get("/other-twin");
  expect(other.headers.get("ratelimit")).toMatch(/^"default";r=1;/);
  expect(await statuses("/other-twin", 2)).toEqual([200, 429]);
  const series = (route: string, verdict: string) =>
    `cartway_rate_limit_decisions_total{route="${route}",limit="route ${route} ip",verdict="${verdict}"}`;
  const text = await running.metrics.render();
  for (const route of ["twin", "other-twin"]) {
    expect(text).toContain(`${series(route, "allowed")} 2\n`);
    expect(text).toContain(`${series(route, "denied")} 1\n`);
  }
});

test("a shared limit is one budget for its routes", async () => {
  expect([
    ...(await statuses("/first", 1)),
    ...(await statuses("/second", 2)),
    ...(await statuses("/first", 1)),
  ]).toEqual([200, 200, 429, 429]);
});

test("a request that one limit of its route refuses takes nothing from the others", async () => {
  const users = ["a", "a", "a", "a", "b", "c", "d"];
  const all: number[] = [];
  for (const user of users) all.push((await get("/layered", { "x-user": user })).status);
  expect(all).toEqual([200, 429, 429, 429, 200, 200, 429]);
});

test("nor are the bytes of its refusal charged", async () => {
  const refused = Array.from({ length: 20 }, () => 429);
  expect(await statuses("/metered", 21, { "x-user": "a" })).toEqual([200, ...refused]);
  expect((await get("/metered", { "x-user": "b" })).status).toBe(200);
});

test("with headers off only Retry-After is sent", async () => {
  const names = [...(await get("/quiet")).headers.keys()].filter((name) => name.includes("ratelimit"));
  expect(names).toEqual([]);
  expect((await get("/quiet")).headers.get("retry-after")).not.toBeNull();
});

test("a reload keeps the budgets of unchanged limits", async () => {
  const services = { echo: { discovery: { type: "static", targets: [{ url: running.echo.url }] } } };
  await running.gateway.reload(checked({ ...config, services }));
  expect(await statuses("/plain", 1)).toEqual([429]);
});

test("an operator can inspect and reset a bucket, which is audited", async () => {
  const pool = new LimiterPool({
    redis: null,
    monotonicNow: () => 0,
    logger: running.log.logger,
    metrics: running.metrics,
  });
  const rates = [{ name: "default", limit: 3, windowMs: day }];
  const { limiter } = pool.acquire({ name: "route a ip", rates, keysMax: 10, store: { type: "in-process" } });
  await limiter.take("ip 192.0.2.1", 2);
  const acts: string[] = [];
  const bucket = { limit: "route a ip", key: "ip 192.0.2.1" };
  const shape = { name: "default", limit: 3, windowMs: day };
  const full = [{ ...shape, remaining: 3, resetMs: 0 }];
  const before = [{ ...shape, remaining: 1, resetMs: (day / 3) * 2 }];
  expect(await inspectBucket(pool, bucket)).toEqual([before]);
  await resetBucket(pool, bucket, async (verb, was) => void acts.push(`${verb} ${JSON.stringify(was)}`));
  expect(await inspectBucket(pool, bucket)).toEqual([full]);
  expect(acts).toEqual([`limit.reset ${JSON.stringify([before])}`]);
  expect(inspectBucket(pool, { ...bucket, limit: "route b ip" })).rejects.toMatchObject({
    code: "not_found",
  });
});

test("a limit that requires Redis is refused without it", () => {
  const routes = [limited("shared", { by: ["ip"], limit: 1, store: "redis", onStoreError: "deny" })];
  expect(startAccessGateway(() => ({ routes }))).rejects.toThrow("set REDIS_URL");
});

const redisUrl = serverUrl("redis");
describe.skipIf(redisUrl === null)(serverSuiteName("limits of several gateways", "redis"), () => {
  const redis = new Redis(redisUrl ?? "", {
    lazyConnect: true,
    enableAutoPipelining: true,
    enableOfflineQueue: true,
  });
  afterAll(() => redis.disconnect());

  async function passedBy(store: string): Promise<number> {
    const routes = [
      limited(`r-${crypto.randomUUID()}`, {
        by: ["route"],
        limit: 1000,
        store,
        onStoreError: "deny",
        storeTimeoutMs: 5000,
      }),
    ];
    const path = `/${routes[0]?.id}`;
    const gateways = await Promise.all(
      [1, 2, 3].map(() => startAccessGateway(() => ({ routes }), { redis })),
    );
    const counts = await Promise.all(
      Array.from({ length: 99 }, async (_, client) => {
        const target = gateways[client % 3]?.url(path) ?? "";
        let passed = 0;
        for (let index = 0; index < 13; index += 1) if ((await fetch(target)).status === 200) passed += 1;
        return passed;
      }),
    );
    await Promise.all(gateways.map((gateway) => gateway.close()));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  test("with one script, three gateways and 99 clients get exactly the limit", async () => {
    expect(await passedBy("redis")).toBe(1000);
  });

  test("with leases, never more than the limit passes, and all of it except unused leases", async () => {
    const passed = await passedBy("redis-leases");
    expect(passed).toBeLessThanOrEqual(1000);
    expect(passed).toBeGreaterThanOrEqual(1000 - 3 * 50);
  });
});
