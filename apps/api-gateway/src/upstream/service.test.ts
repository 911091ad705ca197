import { heapStats } from "bun:jsc";
import { afterEach, describe, expect, test } from "bun:test";
import { createMemoryLogger, createMetrics } from "@libs/monitoring";
import { systemClock } from "@libs/resilience";
import { freePort } from "@libs/testing";
import { checkedConfig, serviceAt } from "../../test/support/start-gateway.ts";
import { serviceRequest } from "../../test/support/service-request.ts";
import { startUpstream } from "../../test/support/upstreams/start-upstream.ts";
import { discard } from "@libs/http1";
import type { AttemptWatcher } from "../model/upstream/attempt-watcher.ts";
import type { Decision } from "../model/exchange/decision.ts";
import type { Service } from "../model/upstream/service.ts";
import { UpstreamFailure } from "../model/upstream/upstream.ts";
import { createFetchClient } from "./client/fetch-client.ts";
import { createHttp1Client } from "./client/http1-client.ts";
import { createServicePools, ServiceRegistry } from "./service-registry.ts";

const registries: ServiceRegistry[] = [];

function registryOf(services: object): ServiceRegistry {
  const logger = createMemoryLogger().logger;
  const metrics = createMetrics({ service: "test", processMetrics: false });
  const readSecret = (): string => "";
  const registry = new ServiceRegistry(checkedConfig({ services }).services, {
    clients: { http1: createHttp1Client(), http2: createFetchClient() },
    logger,
    metrics,
    readSecret,
    servicePools: createServicePools({
      logger,
      metrics,
      clock: systemClock,
      random: Math.random,
      readSecret,
    }),
  });
  registries.push(registry);
  return registry;
}

afterEach(() => {
  for (const registry of registries.splice(0)) registry.dispose();
});

/** Sends a GET; returns a summary of the decisions. */
async function decisionsOf(registry: ServiceRegistry, id: string): Promise<string[]> {
  const decisions: Decision[] = [];
  const service = registry.get(id);
  if (service === undefined) throw new Error(`no service ${id}`);
  await send(service, decisions).catch(() => undefined);
  return decisions.map((decision) => {
    if (decision.step === "pick")
      return `pick ${decision.target === null ? "nobody" : "one"} of ${decision.candidates.length}`;
    if (decision.step === "attempt")
      return `attempt ${decision.number} ${decision.status ?? decision.failure}${decision.retried ? " retried" : ""}${decision.hedge === true ? " hedge" : ""}`;
    return decision.step === "refuse" ? `refuse ${decision.code}` : JSON.stringify(decision);
  });
}

function send(
  service: Service,
  decisions: Decision[] | null = null,
  { signal, watcher = null }: { signal: AbortSignal; watcher?: AttemptWatcher | null } = {
    signal: new AbortController().signal,
  },
) {
  return service.send(serviceRequest(service, { abortable: { signal }, watcher, decisions }));
}

const dead = async (): Promise<string> => `http://127.0.0.1:${await freePort()}`;

describe("the observer of a request learns", () => {
  test("every pick and every attempt, and which were retried", async () => {
    await using failing = startUpstream(() => new Response("no", { status: 503 }));
    const retry = { attemptsMax: 2, backoff: { baseMs: 0, maxMs: 0 } };
    const registry = registryOf({ api: serviceAt([failing.url, await dead()], { retry }) });
    expect(await decisionsOf(registry, "api")).toEqual([
      "pick one of 2",
      "attempt 1 503 retried",
      "pick one of 2",
      "attempt 2 connect",
    ]);
  });

  test("why nothing was sent", async () => {
    const registry = registryOf({ api: serviceAt([{ url: await dead(), weight: 0 }]) });
    expect(await decisionsOf(registry, "api")).toEqual(["pick nobody of 1", "refuse no_target"]);
  });

  test("what answered instead of the service", async () => {
    const fallback = { respond: { body: {} } };
    const registry = registryOf({ api: serviceAt(await dead(), { fallback }) });
    expect((await decisionsOf(registry, "api")).at(-1)).toBe(
      '{"step":"fallback","service":"api","to":"respond","reason":"upstream_unreachable"}',
    );
  });

  test("which attempt was cancelled in favour of another", async () => {
    await using slow = startUpstream(() => new Promise<Response>(() => undefined));
    await using quick = startUpstream(() => new Response("quick"));
    const registry = registryOf({ api: serviceAt([slow.url, quick.url], { hedge: { afterMs: 10 } }) });
    expect(await decisionsOf(registry, "api")).toEqual([
      "pick one of 2",
      "attempt 1 aborted hedge",
      "attempt 1 200",
    ]);
  });
});

describe("a service", () => {
  test("reports its state and its targets'", async () => {
    await using upstream = startUpstream();
    const registry = registryOf({
      api: serviceAt(
        [
          { url: upstream.url, zone: "a" },
          { url: await dead(), weight: 0 },
        ],
        {
          breaker: { service: {}, target: {} },
        },
      ),
    });
    const service = registry.get("api");
    expect(service?.describe()).toMatchObject({
      id: "api",
      balancer: "round-robin",
      discovery: "static",
      isDiscovered: true,
      inPanic: false,
      inFlight: 0,
      breaker: "closed",
      targets: [
        { target: upstream.id, state: "available", weight: 1, share: 1, zone: "a", ejections: 0 },
        { state: "draining", weight: 0, breaker: "closed" },
      ],
    });
  });

  test("lends a target to a caller with a connection of its own, and counts it until it is released", async () => {
    await using upstream = startUpstream();
    const registry = registryOf({
      api: serviceAt(upstream.url, { connectionsMax: 1, breaker: { target: { failuresInARow: 1 } } }),
    });
    const service = registry.get("api");
    const held = service?.acquire(null);
    expect(held?.upstream.id).toBe(upstream.id);
    expect(service?.candidates()[0]?.state).toBe("full");
    expect(() => service?.acquire(null)).toThrow("too many requests");
    held?.release(new UpstreamFailure("aborted", "none", "the client left"));
    expect(service?.candidates()[0]).toMatchObject({ state: "available", inFlight: 0 });
    service?.acquire(null).release(new UpstreamFailure("connect", "none", "nobody listens"));
    expect(service?.candidates()[0]?.state).toBe("breaker-open");
  });

  test("offers another target after a failed connection, or the same one if there is no other", async () => {
    const registry = registryOf({ api: serviceAt([await dead(), await dead()]) });
    const service = registry.get("api");
    const first = service?.acquire(null).upstream;
    const second = service?.acquire(null).upstream;
    if (first === undefined || second === undefined) throw new Error("there are two targets");
    for (const _ of [1, 2, 3]) expect(service?.acquire(null, [first]).upstream).toBe(second);
    expect([first, second]).toContain(service?.acquire(null, [first, second]).upstream ?? first);
  });

  test("counts no request in flight whose client left before the answer, read or not", async () => {
    await using upstream = startUpstream(
      () => new Response(new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(1000)) })),
    );
    const registry = registryOf({ api: serviceAt(upstream.url) });
    const service = registry.get("api");
    if (service === undefined) throw new Error("there is a service");
    const leaving = new AbortController();
    const watcher = { begin: () => () => leaving.abort() };
    const answer = await send(service, null, { watcher, signal: leaving.signal });
    expect(service.describe().inFlight).toBe(0);
    await discard(answer);
  });

  test("keeps nothing of requests that waited for discovery in vain", async () => {
    const discovery = { type: "dns", name: "shop.test", port: 80, servers: ["127.0.0.1:1"] };
    const registry = registryOf({ api: { discovery, timeouts: { connectMs: 1 } } });
    const call = { method: "GET", path: "/", headers: {}, body: null } as const;
    const promisesAfter = async (requests: number): Promise<number> => {
      const { signal } = new AbortController();
      const calls = Array.from({ length: requests }, () => registry.call("api", { ...call, signal }));
      for (const result of await Promise.allSettled(calls)) expect(result.status).toBe("rejected");
      Bun.gc(true);
      return heapStats().objectTypeCounts["Promise"] ?? 0;
    };
    await promisesAfter(10);
    const before = await promisesAfter(10);
    expect((await promisesAfter(1000)) - before).toBeLessThan(500);
  });

  test("is told how long its caller waits", async () => {
    await using upstream = startUpstream();
    const registry = registryOf({ api: serviceAt(upstream.url) });
    const call = {
      method: "GET",
      path: "/",
      headers: {},
      body: null,
      signal: AbortSignal.timeout(5000),
    } as const;
    await registry.call("api", { ...call, deadline: performance.now() + 5000 });
    const told = Number((await upstream.seen.next()).headers.get("x-request-timeout-ms"));
    expect(told).toBeGreaterThan(0);
    expect(told).toBeLessThanOrEqual(5000);
  });

  test("reads a streamed response up to a bound for the gateway's own calls", async () => {
    let chunks = 2;
    await using upstream = startUpstream(() => {
      let left = chunks;
      return new Response(
        new ReadableStream({
          pull(controller) {
            left -= 1;
            if (left < 0) controller.close();
            else controller.enqueue(new Uint8Array(1_000_000));
          },
        }),
      );
    });
    const registry = registryOf({ api: serviceAt(upstream.url) });
    const call = { method: "GET", path: "/", headers: {}, body: null } as const;
    const answer = await registry.call("api", { ...call, signal: AbortSignal.timeout(10_000) });
    expect(answer.body.byteLength).toBe(2_000_000);
    chunks = 10;
    const tooLarge = registry.call("api", { ...call, signal: AbortSignal.timeout(10_000) });
    await expect(tooLarge).rejects.toMatchObject({ code: "upstream_invalid" });
    expect(registry.get("api")?.describe().inFlight).toBe(0);
  });

  test("that does not exist is an internal error", async () => {
    const call = {
      method: "GET",
      path: "/",
      headers: {},
      body: null,
      signal: AbortSignal.timeout(1000),
    } as const;
    await expect(registryOf({}).call("nobody", call)).rejects.toMatchObject({ code: "internal" });
  });
});
