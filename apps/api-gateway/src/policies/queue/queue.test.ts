import { describe, expect, test } from "bun:test";
import { once } from "node:events";
import { connect } from "node:net";
import { createEventLog, waitUntil } from "@libs/testing";
import { errorOf } from "../../../test/support/error-of.ts";
import {
  checkedConfig,
  type RunningGateway,
  serviceAt,
  startGateway,
  startGatewayTo,
} from "../../../test/support/start-gateway.ts";
import { startUpstream } from "../../../test/support/upstreams/start-upstream.ts";

/** A service that holds every request until the test releases one, and counts concurrent ones. */
function startGate() {
  const waiting = createEventLog<{ readonly path: string; answer(): void }>();
  const state = { atOnce: 0, most: 0 };
  const upstream = startUpstream(async (_request, { path }) => {
    state.atOnce += 1;
    state.most = Math.max(state.most, state.atOnce);
    const gate = Promise.withResolvers<void>();
    waiting.push({ path, answer: gate.resolve });
    await gate.promise;
    state.atOnce -= 1;
    return new Response(path);
  });
  return { upstream, waiting, state };
}

const queueOf = (more: object = {}) => [{ type: "queue", concurrency: 1, ...more }];

async function metric(gateway: RunningGateway, line: string): Promise<number> {
  const text = await gateway.metrics.render();
  return Number(
    text
      .split("\n")
      .find((one) => one.startsWith(`${line} `))
      ?.split(" ")
      .at(-1) ?? Number.NaN,
  );
}
const depth = (gateway: RunningGateway) => metric(gateway, 'cartway_queue_depth{queue="route all"}');
const inFlight = (gateway: RunningGateway) => metric(gateway, 'cartway_queue_in_flight{queue="route all"}');

describe("a queue", () => {
  test("admits up to its limit at a time, and the others in order of arrival", async () => {
    const { upstream, waiting, state } = startGate();
    await using _ = upstream;
    await using gateway = await startGatewayTo(upstream.url, { policies: queueOf({ concurrency: 2 }) });
    const answers = [];
    for (const path of ["/1", "/2", "/3", "/4", "/5"]) {
      answers.push(fetch(gateway.url + path).then((answer) => answer.text()));
      await waitUntil(async () => (await depth(gateway)) + (await inFlight(gateway)) === answers.length);
    }
    for (let count = 0; count < 5; count += 1) (await waiting.next()).answer();
    expect(await Promise.all(answers)).toEqual(["/1", "/2", "/3", "/4", "/5"]);
    expect(waiting.all.map(({ path }) => path)).toEqual(["/1", "/2", "/3", "/4", "/5"]);
    expect(state.most).toBe(2);
  });

  test("gives no place to a request whose small body has not come yet, so that slow callers hold up nobody", async () => {
    const { upstream, waiting } = startGate();
    await using _ = upstream;
    await using gateway = await startGatewayTo(upstream.url, { policies: queueOf() });
    const slow = connect({ port: gateway.port, host: "127.0.0.1" });
    const answered = once(slow, "data");
    const head = "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345";
    await new Promise((resolve) => slow.write(head, resolve));
    const quick = fetch(`${gateway.url}/quick`);
    (await waiting.next()).answer();
    expect(await (await quick).text()).toBe("/quick");
    slow.write("67890");
    (await waiting.next()).answer();
    expect(String((await answered)[0])).toStartWith("HTTP/1.1 200");
    expect(waiting.all.map(({ path }) => path)).toEqual(["/quick", "/slow"]);
    slow.destroy();
  });

  test("refuses with 503 and Retry-After when full, and with 429 when the tenant's share is full", async () => {
    const { upstream, waiting } = startGate();
    await using _ = upstream;
    const by = [{ header: "x-shop" }];
    const policies = queueOf({ waitingMax: 3, waitingPerTenantMax: 2, by });
    await using gateway = await startGatewayTo(upstream.url, { policies });
    const ask = (shop: string) => fetch(gateway.url, { headers: { "x-shop": shop } });
    const first = ask("a");
    await waiting.atLeast(1);
    const held = [ask("a"), ask("a")];
    await waitUntil(async () => (await depth(gateway)) === 2);
    const share = await ask("a");
    expect([share.status, (await errorOf(share)).code]).toEqual([429, "rate_limited"]);
    expect(Number(share.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    const third = ask("b");
    await waitUntil(async () => (await depth(gateway)) === 3);
    const full = await ask("b");
    expect([full.status, (await errorOf(full)).code]).toEqual([503, "queue_full"]);
    expect(Number(full.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    for (let count = 0; count < 4; count += 1) (await waiting.next()).answer();
    const statuses = await Promise.all([first, ...held, third].map(async (answer) => (await answer).status));
    expect(statuses).toEqual([200, 200, 200, 200]);
    const decided = 'cartway_queue_decisions_total{route="all",queue="route all",verdict=';
    expect(await metric(gateway, `${decided}"queue_full"}`)).toBe(1);
    expect(await metric(gateway, `${decided}"rate_limited"}`)).toBe(1);
    expect(await metric(gateway, `${decided}"passed"}`)).toBe(1);
    expect(await metric(gateway, `${decided}"waited"}`)).toBe(3);
  });

  test("gives a tenant that floods it no more turns than others", async () => {
    const { upstream, waiting } = startGate();
    await using _ = upstream;
    await using gateway = await startGatewayTo(upstream.url, {
      policies: queueOf({ by: [{ header: "x-shop" }], waitingMax: 8 }),
    });
    const answers: Promise<Response>[] = [];
    const ask = (shop: string, number: number): void => {
      answers.push(fetch(`${gateway.url}/${shop}${number}`, { headers: { "x-shop": shop } }));
    };
    for (let number = 0; number < 9; number += 1) {
      ask("flood", number);
      await waitUntil(async () => (await depth(gateway)) + (await inFlight(gateway)) === number + 1);
    }
    // the queue is full: they replace the flood's last requests
    const refused = 'cartway_queue_decisions_total{route="all",queue="route all",verdict="queue_full"}';
    for (const [index, shop] of ["quiet", "small"].entries()) {
      ask(shop, 1);
      await waitUntil(async () => (await metric(gateway, refused)) === index + 1);
    }
    for (let count = 0; count < 9; count += 1) (await waiting.next()).answer();
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses.slice(-2)).toEqual([200, 200]);
    expect(statuses.filter((status) => status === 503)).toHaveLength(2);
    expect(waiting.all.map(({ path }) => path).slice(0, 4)).toEqual([
      "/flood0",
      "/flood1",
      "/quiet1",
      "/small1",
    ]);
  });

  test("answers 503 with Retry-After when a request's total time ends while it waits", async () => {
    const { upstream, waiting } = startGate();
    await using _ = upstream;
    const route = (id: string, more: object = {}) => ({
      id,
      match: { path: `/${id}` },
      service: "api",
      policies: queueOf({ name: "shared" }),
      ...more,
    });
    await using gateway = await startGateway({
      services: { api: serviceAt(upstream.url) },
      routes: [route("long"), route("short", { timeouts: { totalMs: 100 } })],
    });
    const first = fetch(`${gateway.url}/long`);
    const served = await waiting.next();
    const late = await Promise.all([1, 2, 3].map(() => fetch(`${gateway.url}/short`)));
    for (const refused of late) {
      expect([refused.status, refused.headers.has("retry-after")]).toEqual([503, true]);
      expect((await errorOf(refused)).code).toBe("queue_timeout");
    }
    served.answer();
    expect((await first).status).toBe(200);
  });

  test("releases the place of a client that disconnects at once", async () => {
    const { upstream, waiting } = startGate();
    await using _ = upstream;
    await using gateway = await startGatewayTo(upstream.url, { policies: queueOf() });
    const first = fetch(gateway.url);
    await waiting.atLeast(1);
    const leaving = new AbortController();
    const left = fetch(`${gateway.url}/left`, { signal: leaving.signal });
    await waitUntil(async () => (await depth(gateway)) === 1);
    leaving.abort();
    await expect(left).rejects.toThrow();
    await waitUntil(async () => (await depth(gateway)) === 0);
    (await waiting.next()).answer();
    await first;
    await waitUntil(async () => (await inFlight(gateway)) === 0);
    expect(waiting.all).toHaveLength(1);
  });

  test("ends a wait at its deadline with 503", async () => {
    const { upstream, waiting } = startGate();
    await using _ = upstream;
    await using gateway = await startGatewayTo(upstream.url, { policies: queueOf({ waitMaxMs: 20 }) });
    const first = fetch(gateway.url);
    await waiting.atLeast(1);
    const late = await fetch(gateway.url);
    expect([late.status, (await errorOf(late)).code]).toEqual([503, "queue_timeout"]);
    expect(late.headers.has("retry-after")).toBe(true);
    (await waiting.next()).answer();
    expect((await first).status).toBe(200);
  });

  test("holds a slot until the last byte of a stream, or until its client disconnects", async () => {
    await using upstream = startUpstream((_request, { path }) => {
      const stream = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode("first"));
        },
      });
      return new Response(path === "/stream" ? stream : "short");
    });
    await using gateway = await startGatewayTo(upstream.url, { policies: queueOf() });
    const leaving = new AbortController();
    const stream = await fetch(`${gateway.url}/stream`, { signal: leaving.signal });
    const reader = stream.body?.getReader();
    await reader?.read();
    const next = fetch(gateway.url);
    await waitUntil(async () => (await depth(gateway)) === 1);
    leaving.abort();
    expect(await (await next).text()).toBe("short");
    await waitUntil(async () => (await inFlight(gateway)) === 0);
  });

  test("releases its slots however a request ends", async () => {
    await using upstream = startUpstream((_request, { path }) =>
      path === "/head" ? new Response(null, { status: 204 }) : new Response("x".repeat(200_000)),
    );
    const routes = [
      { id: "dead", match: { path: "/dead" }, service: "dead", policies: queueOf({ name: "one" }) },
      { id: "all", match: { path: "/*" }, service: "api", policies: queueOf({ name: "one" }) },
    ];
    const services = { api: serviceAt(upstream.url), dead: serviceAt("http://127.0.0.1:1") };
    await using gateway = await startGateway({ services, routes });
    for (const path of ["/dead", "/head", "/body", "/dead"])
      await (await fetch(gateway.url + path)).arrayBuffer();
    await waitUntil(async () => (await metric(gateway, 'cartway_queue_in_flight{queue="one"}')) === 0);
  });
});

describe("a queue shared by routes", () => {
  const routes = [
    {
      id: "checkout",
      match: { path: "/checkout" },
      service: "api",
      policies: queueOf({ name: "api", priority: 9 }),
    },
    { id: "all", match: { path: "/*" }, service: "api", policies: queueOf({ name: "api", priority: 1 }) },
  ];

  test("admits higher priorities first", async () => {
    const { upstream, waiting } = startGate();
    await using _ = upstream;
    await using gateway = await startGateway({ services: { api: serviceAt(upstream.url) }, routes });
    const shared = () => metric(gateway, 'cartway_queue_depth{queue="api"}');
    const answers = [fetch(`${gateway.url}/first`)];
    await waiting.atLeast(1);
    for (const path of ["/browse", "/checkout"]) {
      answers.push(fetch(gateway.url + path));
      await waitUntil(async () => (await shared()) === answers.length - 1);
    }
    for (let count = 0; count < 3; count += 1) (await waiting.next()).answer();
    await Promise.all(answers);
    expect(waiting.all.map(({ path }) => path)).toEqual(["/first", "/checkout", "/browse"]);
  });

  test("survives a reload without admitting twice its limit", async () => {
    const bounds = { initial: 1, min: 1, max: 1 };
    // the same settings, in another order
    const [before, after] = [bounds, { max: 1, min: 1, initial: 1 }].map((adaptive) => [
      { type: "queue", name: "api", adaptive },
    ]);
    for (const [one, other] of [
      [queueOf({ name: "api" }), queueOf({ name: "api" })],
      [before, after],
    ]) {
      const { upstream, waiting, state } = startGate();
      await using _ = upstream;
      const config = (policies: unknown) => ({
        services: { api: serviceAt(upstream.url) },
        routes: [{ id: "all", match: { path: "/*" }, service: "api", policies }],
      });
      await using gateway = await startGateway(config(one));
      const first = fetch(gateway.url);
      await waiting.atLeast(1);
      await gateway.gateway.reload(checkedConfig({ ...config(other), server: { via: "other" } }));
      const second = fetch(gateway.url);
      await waitUntil(async () => (await metric(gateway, 'cartway_queue_depth{queue="api"}')) === 1);
      for (let count = 0; count < 2; count += 1) (await waiting.next()).answer();
      await Promise.all([first, second]);
      expect(state.most).toBe(1);
    }
  });

  test("has metrics as long as a route uses it", async () => {
    const respond = (policies: readonly object[]) =>
      checkedConfig({
        routes: [{ id: "all", match: { path: "/*" }, policies: [{ type: "respond" }, ...policies] }],
      });
    await using gateway = await startGateway(respond(queueOf({ name: "api" })));
    const told = async () => (await gateway.metrics.render()).includes('cartway_queue_limit{queue="api"}');
    await gateway.gateway.reload(respond(queueOf({ name: "api", priority: 3 })));
    expect(await told()).toBe(true);
    await gateway.gateway.reload(respond([]));
    await waitUntil(async () => !(await told()));
  });
});

test("a plan's priority overrides the route's, and explain predicts the queue's decision", async () => {
  const { QueuePool } = await import("./queue-pool.ts");
  const pool = new QueuePool();
  const spec = { id: "q", limit: 1, waitingMax: 1, waitingPerTenantMax: 1 };
  const { value: queue } = pool.acquire(spec);
  const { signal } = new AbortController();
  const ask = (tenant: string, priority: number) =>
    queue.enter({ tenant, priority, waitMaxMs: 60_000, signal: () => signal });
  const slot = await ask("a", 5);
  const waiting = Promise.resolve(ask("a", 5));
  const evicted = waiting.catch((thrown: unknown) => thrown);
  expect(queue.check({ tenant: "a", priority: 5 })).toBe("share");
  expect(queue.check({ tenant: "b", priority: 5 })).toBe("full");
  expect(queue.check({ tenant: "b", priority: 6 })).toBe("wait");
  const gold = Promise.resolve(ask("b", 6));
  expect(await evicted).toMatchObject({ code: "queue_full" });
  slot.release();
  slot.release();
  const next = await gold;
  expect([queue.inFlight, queue.waiting]).toEqual([1, 0]);
  next.release();
  expect(queue.check({ tenant: "a", priority: 0 })).toBe("pass");
});
