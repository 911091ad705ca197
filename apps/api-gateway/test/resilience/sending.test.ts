import { describe, expect, test } from "bun:test";
import { freePort, waitUntil } from "@libs/testing";
import { errorOf } from "../support/error-of.ts";
import { serviceAt, startGateway, startGatewayTo } from "../support/start-gateway.ts";
import { startHeldUpstream, startUpstream } from "../support/upstreams/start-upstream.ts";

const routes = [{ id: "all", match: { path: "/*" }, service: "api" }];

describe("a deadline", () => {
  const header = "x-request-timeout-ms";

  test("is sent to the service as the remaining time, which shrinks with every attempt", async () => {
    await using failing = startUpstream(() => new Response("no", { status: 503 }));
    await using gateway = await startGatewayTo(
      failing.url,
      { timeouts: { totalMs: 5000 } },
      { retry: { attemptsMax: 3, backoff: { baseMs: 20, maxMs: 20 } } },
    );
    await fetch(gateway.url, { headers: { [header]: "999999" } });
    const told = failing.seen.all.map(({ headers }) => Number(headers.get(header)));
    expect(told.length).toBe(3);
    expect(told.every((ms) => ms > 0 && ms <= 5000)).toBe(true);
    expect(told.toSorted((a, b) => b - a)).toEqual(told);
  });

  test("is not sent if there is none, and not accepted from clients", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url);
    await fetch(gateway.url, { headers: { [header]: "5" } });
    expect((await upstream.seen.next()).headers.has(header)).toBe(false);
  });
});

describe("retries", () => {
  test("include an upload of any size that found nobody to take it", async () => {
    await using upstream = startUpstream((_request, { body }) => new Response(`${body.length}`));
    const targets = [`http://127.0.0.1:${await freePort()}`, upstream.url];
    const api = serviceAt(targets, { retry: { attemptsMax: 2, on: ["connect"] } });
    await using gateway = await startGateway({ services: { api }, routes });
    const body = "x".repeat(1_000_000);
    const chunked = (): ReadableStream => new Blob([body]).stream();
    for (const upload of [body, body, chunked(), chunked()])
      expect(await (await fetch(gateway.url, { method: "POST", body: upload })).text()).toBe("1000000");
  });

  test("include a POST with an Idempotency-Key if configured, and no other POST", async () => {
    await using failing = startUpstream(() => new Response("no", { status: 503 }));
    const retry = { attemptsMax: 2, backoff: { baseMs: 0, maxMs: 0 } };
    await using trusting = await startGatewayTo(
      failing.url,
      {},
      { retry: { ...retry, idempotencyKey: true } },
    );
    await using strict = await startGatewayTo(failing.url, {}, { retry });
    const pay = { method: "POST", body: "pay" };
    const keyed = { ...pay, headers: { "idempotency-key": "8e03978e" } };
    await fetch(trusting.url, pay);
    await fetch(strict.url, keyed);
    expect(failing.seen.all.length).toBe(2);
    await fetch(trusting.url, keyed);
    expect(failing.seen.all.length).toBe(4);
  });

  test("wait for the target's Retry-After", async () => {
    let asked = 0;
    await using upstream = startUpstream(() => {
      asked += 1;
      return asked === 1
        ? new Response("busy", { status: 503, headers: { "retry-after": "1" } })
        : new Response("done");
    });
    const retry = { attemptsMax: 2, backoff: { baseMs: 0, maxMs: 0 }, retryAfterMsMax: 2000 };
    await using gateway = await startGatewayTo(upstream.url, {}, { retry });
    const startedAt = performance.now();
    expect(await (await fetch(gateway.url)).text()).toBe("done");
    // Checks not the speed, but that the target got the second that it asked for.
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(990);
  });

  test("stop when the service's budget is used up, so that they cannot double its load", async () => {
    await using failing = startUpstream(() => new Response("no", { status: 503 }));
    const retry = { attemptsMax: 2, backoff: { baseMs: 0, maxMs: 0 }, budget: { share: 0.2, perSecMin: 0 } };
    await using gateway = await startGatewayTo(failing.url, {}, { retry });
    await Promise.all(Array.from({ length: 100 }, () => fetch(gateway.url)));
    expect(failing.seen.all.length).toBe(120);
    expect(await gateway.metrics.render()).toContain(
      'cartway_upstream_retries_refused_total{service="api"} 80',
    );
  });
});

describe("a bulkhead", () => {
  test("around a service refuses the excess with 503 and Retry-After", async () => {
    await using slow = startHeldUpstream("ok");
    await using gateway = await startGatewayTo(slow.url, {}, { inFlightMax: 2 });
    const held = [fetch(gateway.url), fetch(gateway.url)];
    await slow.seen.atLeast(2);
    const refused = await fetch(gateway.url);
    expect([refused.status, (await errorOf(refused)).code]).toEqual([503, "bulkhead_full"]);
    expect(refused.headers.get("retry-after")).toBe("1");
    slow.release();
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await fetch(gateway.url)).status).toBe(200);
  });

  test("around a target sends the excess to the other targets first", async () => {
    const gate = Promise.withResolvers<void>();
    const answer = async (): Promise<Response> => {
      await gate.promise;
      return new Response("ok");
    };
    const targets = Array.from({ length: 6 }, () => startUpstream(answer));
    await using gateway = await startGateway({
      services: {
        api: serviceAt(
          targets.map(({ url }) => url),
          { connectionsMax: 1 },
        ),
      },
      routes,
    });
    const held = targets.map(() => fetch(gateway.url));
    for (const target of targets) await target.seen.atLeast(1);
    expect((await fetch(gateway.url)).status).toBe(503);
    gate.resolve();
    expect((await Promise.all(held)).every(({ ok }) => ok)).toBe(true);
    for (const target of targets) await target[Symbol.asyncDispose]();
  });

  test("counts a streamed response until its last byte, or until its client disconnects", async () => {
    await using endless = startUpstream(
      () =>
        new Response(
          new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(70_000)) }),
        ),
    );
    await using gateway = await startGatewayTo(endless.url, {}, { connectionsMax: 1 });
    const stream = await fetch(gateway.url);
    expect((await fetch(gateway.url)).status).toBe(503);
    await stream.body?.cancel();
    await waitUntil(async () => {
      const next = await fetch(gateway.url);
      await next.body?.cancel();
      return next.ok;
    });
  });
});
