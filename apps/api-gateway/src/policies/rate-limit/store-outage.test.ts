import { expect, test } from "bun:test";
import { createMemoryLogger, createMetrics } from "@libs/monitoring";
import { Redis } from "ioredis";
import { startAccessGateway } from "../../../test/support/access-gateway.ts";
import { inspectBucket } from "./administer-limits.ts";
import { LimiterPool } from "./limiter-pool.ts";

const day = 86_400_000;
const limited = (id: string, limit: object) => ({
  id,
  match: { path: `/${id}` },
  service: "echo",
  policies: [{ type: "rate-limit", windowMs: day, ...limit }],
});

function awayRedis(): Redis {
  const away = new Redis({ port: 1, lazyConnect: true, enableOfflineQueue: false, retryStrategy: null });
  away.on("error", () => undefined);
  return away;
}

test.each([
  ["deny", [503, 503, 503]],
  ["allow", [200, 200, 200]],
  ["local", [200, 200, 429]],
] as const)("while Redis is down, onStoreError %s applies and is counted", async (onStoreError, expected) => {
  const away = awayRedis();
  const routes = [limited("away", { by: ["ip"], limit: 2, store: "redis", onStoreError })];
  const gateway = await startAccessGateway(() => ({ routes }), { redis: away });
  const seen: number[] = [];
  for (let index = 0; index < 3; index += 1) seen.push((await fetch(gateway.url("/away"))).status);
  expect(seen).toEqual([...expected]);
  const metrics = await gateway.metrics.render();
  expect(metrics).toMatch(new RegExp(`cartway_rate_limit_fallbacks_total\\{.*mode="${onStoreError}".*\\} 3`));
  expect(metrics).toMatch(/cartway_rate_limit_store_failures_total\{.*\} [1-9]/);
  await gateway.close();
  away.disconnect();
});

test("a limit with onStoreError deny reports the cause in response, metric and log, and no abuse by the caller", async () => {
  const away = awayRedis();
  const limit = { by: ["ip"], limit: 2, store: "redis", onStoreError: "deny" };
  const routes = [limited("away", limit), limited("dry", { ...limit, dryRun: true })];
  const gateway = await startAccessGateway(() => ({ routes }), { redis: away });
  const refused = await fetch(gateway.url("/away"));
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(JSON.parse(await refused.text()).error.code).toBe("store_unavailable");
  expect((await fetch(gateway.url("/dry"))).status).toBe(200);
  const metrics = await gateway.metrics.render();
  for (const route of ["away", "dry"])
    expect(metrics).toMatch(
      new RegExp(`decisions_total\\{.*route="${route}".*verdict="store_unavailable".*\\} 1`),
    );
  expect(metrics).not.toContain('kind="rate_limited"');
  const lines = gateway.log.lines.filter(({ code }) => code === "store_unavailable");
  expect(lines).toMatchObject([
    { status: 503, policy: "rate-limit", reason: expect.stringContaining("route away ip") },
  ]);
  await gateway.close();
  away.disconnect();
});

test("a bucket that cannot be read is not reported as empty", async () => {
  const redis = awayRedis();
  const { logger } = createMemoryLogger();
  const metrics = createMetrics({ service: "api-gateway" });
  const pool = new LimiterPool({ redis, monotonicNow: () => 0, logger, metrics });
  const store = { type: "redis", onStoreError: "deny", timeoutMs: 50, share: 1, leaseMs: 1000 } as const;
  const rates = [{ name: "default", limit: 3, windowMs: day }];
  pool.acquire({ name: "route b ip", rates, keysMax: 10, store });
  expect(inspectBucket(pool, { limit: "route b ip", key: "ip 192.0.2.1" })).rejects.toMatchObject({
    code: "store_unavailable",
  });
  redis.disconnect();
});
