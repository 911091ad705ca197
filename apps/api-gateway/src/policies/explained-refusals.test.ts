import { afterAll, expect, test } from "bun:test";
import { RoleGraph } from "@libs/auth";
import { CartwayError } from "@libs/errors";
import { createMemoryLogger, createMetrics } from "@libs/monitoring";
import { Redis } from "ioredis";
import { fillDefaults } from "../config/fill-defaults.ts";
import { GatewayExchange } from "../http/gateway-exchange.ts";
import type { Identities } from "../identity/create-identities.ts";
import type { Authentication } from "../model/identity/authentication.ts";
import { HeaderList } from "../model/http/header-list.ts";
import type { Principal } from "../model/identity/principal.ts";
import type { Policy } from "../model/exchange/policy.ts";
import type { PolicyDeps } from "./policy-deps.ts";
import { CachePool } from "./cache/cache-pool.ts";
import { QueuePool } from "./queue/queue-pool.ts";
import { LimiterPool } from "./rate-limit/limiter-pool.ts";
import { policies } from "./registry.ts";
import { CanaryBoard } from "./canary/canary-board.ts";

const away = new Redis({ port: 1, lazyConnect: true, enableOfflineQueue: false, retryStrategy: null });
away.on("error", () => undefined);
afterAll(() => away.disconnect());
const metrics = createMetrics({ service: "test" });
const { logger } = createMemoryLogger();

function depsWith(answer: Authentication): PolicyDeps {
  const identities: Identities = {
    select: () => () => answer,
    foresee: () => () => Promise.resolve(answer),
    places: () => ({ headers: [], parameters: [] }),
    asked: () => ({ schemes: new Set(["bearer"]), words: [] }),
    giveCookies: () => false,
    ownHeaders: new Set(),
    byName: new Map(),
    keys: [],
    changedSince: () => [],
    dispose: () => undefined,
  };
  const monotonicNow = () => 0;
  return {
    logger,
    metrics,
    now: () => 0,
    identities,
    roles: new RoleGraph({}),
    services: { get: () => undefined },
    limiters: new LimiterPool({ redis: away, monotonicNow, logger, metrics }),
    queues: new QueuePool(),
    canaries: new CanaryBoard(),
    caches: new CachePool({ redis: null, now: () => 0, logger, metrics }),
    securityEvents: { report: () => undefined },
    readSecret: () => "s".repeat(32),
  };
}

const principal: Principal = {
  identity: "platform",
  method: "jwt",
  subject: "u1",
  roles: [],
  scopes: [],
  tenantId: "t1",
  sessionId: null,
  plan: null,
  weight: 1,
  expiresAt: 1,
  claims: {},
};

function openExchange(headers: Record<string, string>, caller: Principal | null): GatewayExchange {
  const exchange = new GatewayExchange({
    incoming: {
      request: new Request("http://shop.test/a", { method: "POST", headers }),
      requestId: "r",
      target: { scheme: "http", host: "shop.test", path: "/a", query: "" },
    },
    startedAt: 0,
    clientIp: "192.0.2.1",
    isPeerTrusted: false,
    route: { id: "route", service: null, bodyBytesMax: 1_048_576 },
    params: {},
    upstreamPath: "/a",
    upstreamHeaders: new HeaderList([]),
    snapshot: { enter() {}, leave() {} },
  });
  exchange.principal = caller;
  return exchange;
}

interface Refusal {
  readonly type: string;
  readonly config: object;
  readonly headers?: Record<string, string>;
  readonly answer?: Authentication;
}

const refusals: readonly Refusal[] = [
  {
    type: "authenticate",
    config: { with: ["platform"] },
    answer: { outcome: "rejected", identity: "platform", reason: "expired" },
  },
  {
    type: "authenticate",
    config: { with: ["platform"] },
    answer: { outcome: "unavailable", identity: "platform" },
  },
  { type: "authenticate", config: { with: ["platform"] }, answer: { outcome: "absent" } },
  { type: "authorize", config: { roles: ["admin"] } },
  { type: "authorize", config: { scopes: ["a"] } },
  { type: "authorize", config: { permissions: ["a:b"] } },
  { type: "authorize", config: { rules: ["subject == 'u2'"] } },
  { type: "tenant", config: { header: "x-shop" }, headers: { "x-shop": "t2" } },
  { type: "ip-rules", config: { deny: ["192.0.2.0/24"] } },
  { type: "ip-rules", config: { allow: ["10.0.0.0/8"] } },
  { type: "signed-url", config: { keys: [{ id: "k", secret: { env: "K" } }] } },
  { type: "csrf", config: {}, headers: { "sec-fetch-site": "cross-site" } },
  { type: "csrf", config: {}, headers: { origin: "https://evil.example" } },
  { type: "rate-limit", config: { by: ["ip"], limit: 1, windowMs: 1000, cost: 1.5, burst: 1 } },
  {
    type: "rate-limit",
    config: { by: ["ip"], limit: 1, windowMs: 1000, store: "redis", onStoreError: "deny" },
  },
];

test.each(refusals.map((refusal, index) => ({ name: `${refusal.type} ${index}`, ...refusal })))(
  "$name reports its inputs and what would have changed the verdict",
  async ({ type, config, headers = {}, answer = { outcome: "authenticated", principal } }) => {
    const policy = createPolicy(type, config, depsWith(answer));
    const caller = type === "authenticate" ? null : principal;
    const exchange = openExchange(headers, caller);
    const explained = await policy.explain(openExchange(headers, caller));
    const outcome = await Promise.resolve()
      .then(() => policy.request?.(exchange))
      .catch((error: unknown) => error);
    if (!(outcome instanceof CartwayError)) throw new Error(`${type} let the request pass`);
    expect(exchange.refusal).toMatchObject({
      verdict: "refuse",
      counterfactual: expect.stringMatching(/\w/),
      status: outcome.status,
    });
    expect(explained).toMatchObject({ verdict: "refuse", status: outcome.status });
  },
);

test("a principal whose roles exceed the header limit is refused rather than truncated", () => {
  const roles = Array.from({ length: 100 }, (_, index) => `role-${index}-${"x".repeat(60)}`);
  const deps = depsWith({
    outcome: "authenticated",
    principal: { ...principal, roles, method: "device-session", scopes: ["a"] },
  });
  const policy = createPolicy("authenticate", { with: ["platform"] }, deps);
  expect(() => policy.request?.(openExchange({}, null))).toThrow("not allowed");
});

function createPolicy(type: string, config: object, deps: PolicyDeps): Policy {
  const definition = policies[type];
  if (definition === undefined) throw new Error(`no policy ${type}`);
  const created = definition.create(fillDefaults(definition.schema, config), deps);
  return typeof created === "function"
    ? created({ id: "route", service: null, callerFields: [], answersBy: () => "" })
    : created;
}
