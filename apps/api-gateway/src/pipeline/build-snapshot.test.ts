import { standIns } from "../../test/support/identity/identity-fixture.ts";
import { expect, test } from "bun:test";
import { createMemoryLogger, createMetrics } from "@libs/monitoring";
import { systemClock } from "@libs/resilience";
import { waitUntil } from "@libs/testing";
import { checkedConfig } from "../../test/support/start-gateway.ts";
import { type IdentityEntry, IdentityPool, type PooledIdentity } from "../identity/identity-pool.ts";
import { CachePool } from "../policies/cache/cache-pool.ts";
import { QueuePool } from "../policies/queue/queue-pool.ts";
import { LimiterPool } from "../policies/rate-limit/limiter-pool.ts";
import { OwnEndpoints } from "../routing/own-endpoints.ts";
import { createPolicyTallies } from "../telemetry/policy-tallies.ts";
import { createFetchClient } from "../upstream/client/fetch-client.ts";
import { createServicePools } from "../upstream/service-registry.ts";
import { buildSnapshot, type SnapshotDeps } from "./build-snapshot.ts";
import { SnapshotHolder } from "./snapshot-holder.ts";
import { CanaryBoard } from "../policies/canary/canary-board.ts";

const { logger } = createMemoryLogger();
const metrics = createMetrics({ service: "test", processMetrics: false });

/** Says who holds what of it. */
class WatchedIdentities extends IdentityPool {
  readonly held = new Set<string>();

  override acquire(entry: IdentityEntry): PooledIdentity {
    const { release, ...rest } = super.acquire(entry);
    this.held.add(entry.name);
    return {
      ...rest,
      release: () => {
        this.held.delete(entry.name);
        release();
      },
    };
  }
}

function open() {
  const readSecret = (): never => {
    throw new Error("there is no such secret");
  };
  const identityPool = new WatchedIdentities({
    auth: null,
    devices: null,
    ...standIns,
    now: Date.now,
    fetch,
    readSecret,
    onAnswer: () => undefined,
    onFailure: () => undefined,
  });
  const policyTallies = createPolicyTallies(metrics);
  const open = new Set<object>();
  const client = createFetchClient("h2");
  const deps: SnapshotDeps = {
    clients: { http1: client, http2: client },
    servicePools: createServicePools({
      logger,
      metrics,
      clock: systemClock,
      random: Math.random,
      readSecret,
    }),
    logger,
    metrics,
    policyDeps: {
      logger,
      metrics,
      now: Date.now,
      limiters: new LimiterPool({ redis: null, monotonicNow: () => 0, logger, metrics }),
      queues: new QueuePool(),
      canaries: new CanaryBoard(),
      caches: new CachePool({ redis: null, now: Date.now, logger, metrics }),
      securityEvents: { report: () => undefined },
      readSecret,
    },
    identityPool,
    policyTallies: {
      open(policy, route) {
        const tally = policyTallies.open(policy, route);
        open.add(tally);
        return tally;
      },
      close(tally) {
        policyTallies.close(tally);
        open.delete(tally);
      },
    },
    own: new OwnEndpoints({ hasSignIn: true }),
    instanceId: "test",
  };
  /** What is still held of configs that were refused. */
  const held = () => ({
    identities: [...identityPool.held],
    services: deps.servicePools.services.all().length,
    caches: deps.policyDeps.caches.all().length,
    tallies: open.size,
  });
  return { deps, held };
}

const nothing = { identities: [], services: 0, caches: 0, tallies: 0 };
const id = { type: "oidc", issuer: "https://id.example", audience: "shop" };
const target = { discovery: { type: "static", targets: [{ url: "https://127.0.0.1:1" }] } };
const untrusted = { ...target, tls: { ca: { file: "/nowhere/ca.pem" } } };
const unsigned = { type: "signed-url", keys: [{ id: "k", secret: { env: "NOWHERE" } }] };

test.each([
  { what: "a service", config: { services: { sound: target, untrusted } } },
  {
    what: "a policy",
    config: {
      services: { sound: target },
      routes: [
        { id: "r", match: { path: "/" }, service: "sound", policies: [{ type: "cache" }] },
        {
          id: "s",
          match: { path: "/s" },
          service: "sound",
          policies: [{ type: "cors", origins: ["*"] }, unsigned],
        },
      ],
    },
  },
])("a config that is refused for $what releases what was created before", async ({ config }) => {
  const { deps, held } = open();
  expect(() => buildSnapshot(checkedConfig({ identity: { id }, ...config }), deps)).toThrow("no such secret");
  await waitUntil(() => Bun.deepEquals(held(), nothing), { what: "nothing held" });
});

const nothingMore = () => () => undefined;

test("a retired snapshot releases everything it held", async () => {
  const { deps, held } = open();
  const routes = [{ id: "r", match: { path: "/" }, service: "sound", policies: [{ type: "cache" }] }];
  const snapshot = buildSnapshot(
    checkedConfig({ identity: { id }, services: { sound: target }, routes }),
    deps,
  );
  expect(held()).toEqual({ identities: ["id"], services: 1, caches: 1, tallies: 1 });
  await snapshot.retire();
  expect(held()).toEqual(nothing);
});

test("routes with an equal policy share it where it keeps nothing of a route, and each counts for itself", async () => {
  const { deps } = open();
  const cors = { type: "cors", origins: ["https://shop.example"] };
  const limit = { type: "rate-limit", by: ["ip"], limit: 1, windowMs: 1000 };
  const routes = [
    { id: "a", match: { path: "/a" }, service: "sound", policies: [cors, limit] },
    { id: "b", match: { path: "/b" }, service: "sound", policies: [cors, limit] },
    {
      id: "c",
      match: { path: "/c" },
      service: "sound",
      policies: [{ type: "cors", origins: ["https://other.example"] }],
    },
  ];
  const snapshot = buildSnapshot(checkedConfig({ services: { sound: target }, routes }), deps);
  const [a, b, c] = snapshot.routes.map(({ policies }) => policies);
  expect(a?.[0]?.policy).toBe(b?.[0]?.policy);
  expect(a?.[0]?.tally).not.toBe(b?.[0]?.tally);
  expect(a?.[0]?.policy).not.toBe(c?.[0]?.policy);
  expect(a?.[1]?.policy).not.toBe(b?.[1]?.policy);
  await snapshot.retire();
});

test("a config still compiling when the gateway stops is never used, and releases everything it held", async () => {
  const { deps, held } = open();
  const holder = new SnapshotHolder(checkedConfig({}), deps);
  const before = holder.current();
  const config = checkedConfig({ identity: { id }, services: { sound: target } });
  const outcome = holder.reload(config, nothingMore).then(
    () => "in force",
    (thrown: unknown) => String(thrown),
  );
  await holder.close();
  expect(await outcome).toBe("Error: the gateway has stopped");
  expect(holder.current()).toBe(before);
  expect(held()).toEqual(nothing);
});

test("a config with another part that cannot be created is never used, and releases everything it held", async () => {
  const { deps, held } = open();
  const holder = new SnapshotHolder(checkedConfig({}), deps);
  const before = holder.current();
  const config = checkedConfig({ identity: { id }, services: { sound: target } });
  const reload = holder.reload(config, ({ identities }) => {
    identities.select(["id"]);
    throw new Error("no hub of it");
  });
  expect(reload).rejects.toThrow("no hub of it");
  await reload.catch(() => undefined);
  expect(holder.current()).toBe(before);
  expect(held()).toEqual(nothing);
  await holder.close();
});
