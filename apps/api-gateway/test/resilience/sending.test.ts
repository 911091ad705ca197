import { describe, expect, test } from "bun:test";
import { freePort, waitUntil } from "@libs/testing";
import { errorOf } from "../support/error-of.ts";
import { serviceAt, startGateway, startGatewayTo } from "../support/start-gateway.ts";
import { startUpstream } from "../support/start-upstream.ts";

const routes = [{ id: "all", match: { path: "/*" }, service: "api" }];

describe("a deadline", () => {
  const header = "x-request-timeout-ms";

  test("travels: the service is told how long anybody will wait, and less with every attempt", async () => {
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

  test("that there is not is not told, and a stranger's is not believed", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url);
    await fetch(gateway.url, { headers: { [header]: "5" } });
    expect((await upstream.seen.next()).headers.has(header)).toBe(false);
  });
});

describe("retries", () => {
  test("cover a POST with an Idempotency-Key where the config trusts it, and no other POST", async () => {
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

  test("wait as long as the target asks for", async () => {
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
    // Not how fast it is, but that the target got the second it had asked for.
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(990);
  });

  test("stop when the service's budget is used up: a failing service is not asked twice as much", async () => {
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
  test("around a service refuses what is above it with 503 and when to come again", async () => {
    const gate = Promise.withResolvers<void>();
    await using slow = startUpstream(async () => {
      await gate.promise;
      return new Response("ok");
    });
    await using gateway = await startGatewayTo(slow.url, {}, { inFlightMax: 2 });
    const held = [fetch(gateway.url), fetch(gateway.url)];
    await slow.seen.atLeast(2);
    const refused = await fetch(gateway.url);
    expect([refused.status, (await errorOf(refused)).code]).toEqual([503, "bulkhead_full"]);
    expect(refused.headers.get("retry-after")).toBe("1");
    gate.resolve();
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await fetch(gateway.url)).status).toBe(200);
  });

  test("around a target sends what is above it to the others first", async () => {
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

  test("counts a streamed answer until its last byte, or until its client has left", async () => {
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

describe("a fallback", () => {
  const dead = async (): Promise<string> => `http://127.0.0.1:${await freePort()}`;
  const respond = { status: 203, body: { items: [], stale: true } };

  test("answers in place of a service that gives no answer", async () => {
    await using gateway = await startGatewayTo(await dead(), {}, { fallback: { respond } });
    const answer = await fetch(gateway.url, { method: "POST", body: "x" });
    expect([answer.status, await answer.json()]).toEqual([203, respond.body]);
    expect(answer.headers.get("content-type")).toBe("application/json");
    const head = await fetch(gateway.url, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([203, ""]);
    expect(await gateway.metrics.render()).toContain(
      'cartway_upstream_fallbacks_total{service="api",by="respond"} 2',
    );
  });

  test("stands in for listed statuses only", async () => {
    await using failing = startUpstream(
      (_request, { path }) => new Response("own", { status: path === "/listed" ? 503 : 500 }),
    );
    await using gateway = await startGatewayTo(failing.url, {}, { fallback: { on: [503], respond } });
    expect((await fetch(`${gateway.url}/listed`)).status).toBe(203);
    expect(await (await fetch(`${gateway.url}/other`)).text()).toBe("own");
  });

  test("asks another service, after all retries, with the same request", async () => {
    await using spare = startUpstream(
      (_request, { method, path, body }) => new Response(`${method} ${path} ${body}`),
    );
    await using failing = startUpstream(() => new Response("no", { status: 503 }));
    await using gateway = await startGateway({
      services: {
        api: serviceAt(failing.url, {
          fallback: { service: "spare" },
          retry: { attemptsMax: 2, backoff: { baseMs: 0 } },
        }),
        spare: serviceAt(spare.url),
      },
      routes,
    });
    const answer = await fetch(`${gateway.url}/cart?x=1`, { method: "PUT", body: "milk" });
    expect(await answer.text()).toBe("PUT /cart?x=1 milk");
    expect(failing.seen.all.length).toBe(2);
  });

  test("sends nothing elsewhere that could be done twice", async () => {
    await using spare = startUpstream();
    await using failing = startUpstream(() => new Response("own", { status: 503 }));
    await using gateway = await startGateway({
      services: {
        api: serviceAt(failing.url, { fallback: { service: "spare" } }),
        unreached: serviceAt(await dead(), { fallback: { service: "spare" } }),
        spare: serviceAt(spare.url),
      },
      routes: [{ id: "unreached", match: { path: "/unreached" }, service: "unreached" }, ...routes],
    });
    expect(await (await fetch(gateway.url, { method: "POST", body: "pay" })).text()).toBe("own");
    expect(spare.seen.all.length).toBe(0);
    expect((await fetch(`${gateway.url}/unreached`, { method: "POST", body: "pay" })).status).toBe(200);
    expect((await spare.seen.next()).body).toBe("pay");
  });

  test("is the fixed answer where the other service fails too, and the first failure where there is none", async () => {
    await using gateway = await startGateway({
      services: {
        api: serviceAt(await dead(), { fallback: { service: "spare", respond } }),
        bare: serviceAt(await dead(), { fallback: { service: "spare" } }),
        spare: serviceAt(await dead()),
      },
      routes: [{ id: "bare", match: { path: "/bare" }, service: "bare" }, ...routes],
    });
    expect((await fetch(gateway.url)).status).toBe(203);
    const failed = await fetch(`${gateway.url}/bare`);
    expect([failed.status, (await errorOf(failed)).code]).toEqual([502, "upstream_unreachable"]);
  });

  test("has no part in what is the caller's own failure", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url, { bodyBytesMax: 3 }, { fallback: { respond } });
    expect((await fetch(gateway.url, { method: "POST", body: "too long" })).status).toBe(413);
  });
});

describe("a hedge", () => {
  const hedge = { afterMs: 20 };
  const hanging = () => startUpstream(() => new Promise<Response>(() => undefined));

  test("asks a second target where the first is slow; the better answer counts, and the other request is given up", async () => {
    const gate = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    await using slow = startUpstream(async (request) => {
      request.signal.addEventListener("abort", () => left.resolve());
      await gate.promise;
      return new Response("slow");
    });
    await using quick = startUpstream(() => new Response("quick"));
    await using gateway = await startGateway({
      services: { api: serviceAt([slow.url, quick.url], { hedge }) },
      routes,
    });
    expect(await (await fetch(gateway.url)).text()).toBe("quick");
    expect(slow.seen.all.length).toBe(1);
    await left.promise;
    const metrics = await waitUntil(async () => {
      const text = await gateway.metrics.render();
      return text.includes('cartway_upstream_requests_in_flight{service="api"} 0') ? text : null;
    });
    expect(metrics).toContain('cartway_upstream_hedges_total{service="api",outcome="won"} 1');
    gate.resolve();
  });

  test("is not made for what could be done twice, nor where there is nobody else to ask", async () => {
    await using first = hanging();
    await using second = hanging();
    await using gateway = await startGateway({
      services: {
        api: serviceAt([first.url, second.url], { hedge, timeouts: { totalMs: 200 } }),
        one: serviceAt(first.url, { hedge, timeouts: { totalMs: 200 } }),
      },
      routes: [{ id: "one", match: { path: "/one" }, service: "one" }, ...routes],
    });
    expect((await fetch(gateway.url, { method: "POST", body: "pay" })).status).toBe(504);
    expect((await fetch(`${gateway.url}/one`)).status).toBe(504);
    expect(first.seen.all.length + second.seen.all.length).toBe(2);
  });

  test("comes out of the retries' budget", async () => {
    await using first = hanging();
    await using second = hanging();
    const retry = { budget: { share: 0, perSecMin: 0 } };
    await using gateway = await startGateway({
      services: { api: serviceAt([first.url, second.url], { hedge, retry, timeouts: { totalMs: 200 } }) },
      routes,
    });
    expect((await fetch(gateway.url)).status).toBe(504);
    expect(first.seen.all.length + second.seen.all.length).toBe(1);
  });

  test("takes the second answer where the first one fails late", async () => {
    await using failing = startUpstream(async () => {
      await second.seen.atLeast(1);
      return new Response("no", { status: 503 });
    });
    const gate = Promise.withResolvers<void>();
    await using second = startUpstream(async () => {
      await gate.promise;
      return new Response("yes");
    });
    await using gateway = await startGateway({
      services: { api: serviceAt([failing.url, second.url], { hedge }) },
      routes,
    });
    const answer = fetch(gateway.url);
    await second.seen.atLeast(1);
    gate.resolve();
    expect(await (await answer).text()).toBe("yes");
  });
});
