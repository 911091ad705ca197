import { describe, expect, test } from "bun:test";
import { createManualClock, waitUntil } from "@libs/testing";
import { cached, cachePolicies, counted, startCache } from "../../../test/support/start-cache.ts";
import { serviceAt, startGateway, startGatewayTo } from "../../../test/support/start-gateway.ts";
import { startRawUpstream } from "../../../test/support/upstreams/start-raw-upstream.ts";
import {
  startUpstream,
  type Upstream,
  type UpstreamHandler,
} from "../../../test/support/upstreams/start-upstream.ts";

describe("a stale response", () => {
  const validated =
    (control: string): UpstreamHandler =>
    (request) =>
      request.headers.get("if-none-match") === '"v1"'
        ? new Response(null, {
            status: 304,
            headers: { etag: '"v1"', "x-turn": "second", "cache-control": control },
          })
        : new Response("body", { headers: { etag: '"v1"', "x-turn": "first", "cache-control": control } });

  test("is revalidated, and reused with the headers of the 304", async () => {
    await using cache = await startCache(validated("max-age=10"));
    await cache.ask();
    await cache.advance(11);
    const again = await cache.ask();
    expect([again.text, again.answer.headers.get("x-turn"), again.status]).toEqual([
      "body",
      "second",
      "Cartway; fwd=stale; fwd-status=304; stored",
    ]);
    expect((await cache.ask()).status).toBe("Cartway; hit; ttl=10");
  });

  test("stays fresh as long as before if the 304 has no date of its own", async () => {
    const clock = createManualClock(Date.now());
    await using upstream = await startRawUpstream((socket, head) => {
      const isAsked = head.toLowerCase().includes("if-none-match");
      const date = isAsked ? "" : `Date: ${new Date(clock.now()).toUTCString()}\r\n`;
      const rest = 'ETag: "v1"\r\nCache-Control: max-age=10\r\n';
      socket.write(
        isAsked
          ? `HTTP/1.1 304 Not Modified\r\n${rest}\r\n`
          : `HTTP/1.1 200 OK\r\n${date}${rest}Content-Length: 4\r\n\r\nbody`,
      );
    });
    await using gateway = await startGatewayTo(
      upstream.url,
      { policies: cachePolicies() },
      {},
      { now: clock.now },
    );
    const ask = async () => (await fetch(gateway.url)).headers.get("cache-status");
    await ask();
    await clock.advance(60_000);
    expect(await ask()).toBe("Cartway; fwd=stale; fwd-status=304; stored");
    expect(await ask()).toBe("Cartway; hit; ttl=10");
  });

  test("keeps its Vary, whatever a 304 omits", async () => {
    const headers = { etag: 'W/"v1"', "cache-control": "max-age=0", "content-type": "text/plain" };
    await using cache = await startCache(
      (request) =>
        request.headers.has("if-none-match")
          ? new Response(null, { status: 304, headers: { ...headers, vary: "Origin" } })
          : new Response("x".repeat(4000), { headers: { ...headers, vary: "Origin" } }),
      {},
      { policies: [...cachePolicies(), { type: "compress" }] },
    );
    const codingFor = async (accepted: string) => {
      const { answer } = await cache.ask("/", { headers: { "accept-encoding": accepted } });
      return [answer.headers.get("vary")?.toLowerCase(), answer.headers.get("content-encoding")];
    };
    for (let count = 0; count < 2; count += 1)
      expect(await codingFor("gzip")).toEqual(["origin, accept-encoding", "gzip"]);
    expect(await codingFor("identity")).toEqual(["origin, accept-encoding", null]);
  });

  test("is sent at once while one request revalidates it in the background", async () => {
    const gate = Promise.withResolvers<void>();
    let count = 0;
    await using cache = await startCache(async () => {
      count += 1;
      if (count === 2) await gate.promise;
      return new Response(`answer ${count}`, {
        headers: { "cache-control": "max-age=10, stale-while-revalidate=30" },
      });
    });
    await cache.ask();
    await cache.advance(15);
    const stale = await Promise.all([cache.ask(), cache.ask(), cache.ask()]);
    expect(stale.map(({ text }) => text)).toEqual(["answer 1", "answer 1", "answer 1"]);
    expect(stale[0]?.status).toBe("Cartway; hit; ttl=-5; detail=stale-while-revalidate");
    gate.resolve();
    await waitUntil(async () => (await cache.ask()).text === "answer 2");
    expect(cache.upstream.seen.all).toHaveLength(2);
    expect(await counted(cache.gateway, "refreshed")).toBe(1);
  });

  test("replaces an error for as long as stale-if-error allows", async () => {
    let status = 200;
    await using cache = await startCache(
      () => new Response("body", { status, headers: { "cache-control": "max-age=10, stale-if-error=60" } }),
    );
    await cache.ask();
    status = 503;
    await cache.advance(20);
    const stale = await cache.ask();
    expect([stale.answer.status, stale.text]).toEqual([200, "body"]);
    expect(stale.status).toBe("Cartway; hit; ttl=-10; detail=stale-if-error");
    await cache.advance(60);
    expect((await cache.ask()).answer.status).toBe(503);
  });

  test("replaces the failure of an unreachable service", async () => {
    const upstream = startUpstream(cached("max-age=0, stale-if-error=60"));
    await using gateway = await startGatewayTo(upstream.url, { policies: cachePolicies() });
    await (await fetch(gateway.url)).text();
    await upstream[Symbol.asyncDispose]();
    const stale = await fetch(gateway.url);
    expect([stale.status, await stale.text()]).toEqual([200, "answer 1"]);
  });

  test("stays stored if its revalidation in the background fails, whatever Cache-Control the failure has", async () => {
    let status = 200;
    await using cache = await startCache(
      () =>
        new Response(String(status), {
          status,
          headers: { "cache-control": "max-age=10, stale-while-revalidate=60" },
        }),
    );
    await cache.ask();
    status = 500;
    await cache.advance(20);
    for (let count = 1; count <= 3; count += 1) {
      expect((await cache.ask()).text).toBe("200");
      await waitUntil(async () => (await counted(cache.gateway, "stale_if_error")) === count);
    }
    status = 200;
    await cache.ask();
    await waitUntil(async () => (await counted(cache.gateway, "refreshed")) === 1);
    await waitUntil(async () => (await cache.ask()).status === "Cartway; hit; ttl=10");
  });

  const withFallback = async (upstream: Upstream, policies: readonly object[]) =>
    await startGatewayTo(upstream.url, { policies }, { fallback: { respond: { status: 200, body: [] } } });

  test("is preferred to a fallback's fixed response", async () => {
    const upstream = startUpstream(cached("max-age=0, stale-if-error=60"));
    await using gateway = await withFallback(upstream, cachePolicies());
    const ask = async (path: string) => await (await fetch(gateway.url + path)).text();
    await ask("/known");
    await upstream[Symbol.asyncDispose]();
    expect([await ask("/known"), await ask("/unknown"), await ask("/known")]).toEqual([
      "answer 1",
      "[]",
      "answer 1",
    ]);
  });

  test("is not replaced for an assumed time by the response of a fallback service", async () => {
    let isUp = true;
    await using own = startUpstream(() => new Response("own", { status: isUp ? 200 : 503 }));
    await using other = startUpstream(() => new Response("other"));
    await using gateway = await startGateway({
      services: { own: serviceAt(own.url, { fallback: { service: "other" } }), other: serviceAt(other.url) },
      routes: [
        {
          id: "all",
          match: { path: "/*" },
          service: "own",
          policies: cachePolicies({ defaultTtlSeconds: 60 }),
        },
      ],
    });
    const ask = async () => await (await fetch(gateway.url)).text();
    isUp = false;
    expect(await ask()).toBe("other");
    isUp = true;
    expect(await ask()).toBe("own");
  });

  test("is not invalidated by a fallback's response", async () => {
    let isUp = true;
    await using upstream = startUpstream((request) => {
      if (!isUp) return new Response(null, { status: 502 });
      const headers = { etag: '"v1"', "cache-control": "max-age=0" };
      return request.headers.has("if-none-match")
        ? new Response(null, { status: 304, headers })
        : new Response("body", { headers });
    });
    await using gateway = await withFallback(upstream, cachePolicies());
    const ask = async () => {
      const answer = await fetch(gateway.url);
      return [await answer.text(), answer.headers.get("cache-status")];
    };
    await ask();
    isUp = false;
    expect((await ask())[0]).toBe("[]");
    isUp = true;
    expect(await ask()).toEqual(["body", "Cartway; fwd=stale; fwd-status=304; stored"]);
  });

  test("is never sent without validation if its directives require one", async () => {
    let status = 200;
    await using cache = await startCache(
      () =>
        new Response("body", { status, headers: { etag: '"v"', "cache-control": "no-cache, max-age=60" } }),
    );
    await cache.ask();
    status = 503;
    expect((await cache.ask()).answer.status).toBe(503);
  });

  test("is never sent with must-revalidate", async () => {
    let status = 200;
    await using cache = await startCache(
      () => new Response("body", { status, headers: { "cache-control": "max-age=10, must-revalidate" } }),
      { staleIfErrorSeconds: 600, staleWhileRevalidateSeconds: 600 },
    );
    await cache.ask();
    status = 500;
    await cache.advance(11);
    expect((await cache.ask()).answer.status).toBe(500);
  });
});

describe("concurrent requests for the same response", () => {
  test("are served by one upstream request", async () => {
    const gate = Promise.withResolvers<void>();
    let count = 0;
    await using cache = await startCache(async () => {
      count += 1;
      await gate.promise;
      return new Response(`answer ${count}`, { headers: { "cache-control": "max-age=60" } });
    });
    const asked = Array.from({ length: 20 }, () => cache.ask());
    await cache.upstream.seen.atLeast(1);
    await waitUntil(async () =>
      (await cache.gateway.metrics.render()).includes('requests_in_flight{route="all",service="api"} 20'),
    );
    gate.resolve();
    expect(new Set((await Promise.all(asked)).map(({ text }) => text))).toEqual(new Set(["answer 1"]));
    expect(cache.upstream.seen.all).toHaveLength(1);
    expect(await counted(cache.gateway, "collapsed")).toBe(19);
  });

  test("proceed separately if the response turns out not to be shareable, and do not wait the next time", async () => {
    const gate = Promise.withResolvers<void>();
    await using cache = await startCache(async () => {
      await gate.promise;
      return new Response("mine", { headers: { "cache-control": "private" } });
    });
    const asked = Array.from({ length: 3 }, () => cache.ask());
    await cache.upstream.seen.atLeast(1);
    gate.resolve();
    expect((await Promise.all(asked)).map(({ text }) => text)).toEqual(["mine", "mine", "mine"]);
    expect(cache.upstream.seen.all).toHaveLength(3);
    const again = await cache.ask("/", { headers: { "if-none-match": '"x"' } });
    expect(again.status).toBe("Cartway; fwd=miss; fwd-status=200; detail=private");
  });

  const inFlight = (cache: Awaited<ReturnType<typeof startCache>>, count: number) =>
    waitUntil(async () =>
      (await cache.gateway.metrics.render()).includes(
        `cartway_gateway_requests_in_flight{route="all",service="api"} ${count}\n`,
      ),
    );

  test("all get the stale response that stands in for the error of the one upstream request", async () => {
    const gate = Promise.withResolvers<void>();
    let status = 200;
    await using cache = await startCache(async () => {
      if (status !== 200) await gate.promise;
      return new Response("body", { status, headers: { "cache-control": "max-age=10, stale-if-error=60" } });
    });
    await cache.ask();
    status = 503;
    await cache.advance(20);
    const asked = Array.from({ length: 10 }, () => cache.ask());
    await cache.upstream.seen.atLeast(2);
    await inFlight(cache, 10);
    gate.resolve();
    const stale = "Cartway; hit; ttl=-10; detail=stale-if-error";
    expect((await Promise.all(asked)).map((answer) => answer.status)).toEqual(Array(10).fill(stale));
    expect(cache.upstream.seen.all).toHaveLength(2);
    expect(await counted(cache.gateway, "stale_if_error")).toBe(10);
  });

  test("are continued by one of them if the first client disconnects, even with a stale response at hand", async () => {
    const second = Promise.withResolvers<void>();
    let count = 0;
    await using cache = await startCache(async () => {
      const number = ++count;
      if (number === 2) await new Promise<never>(() => undefined);
      if (number > 2) await second.promise;
      return new Response(`answer ${number}`, { headers: { etag: '"v"', "cache-control": "max-age=10" } });
    });
    await cache.ask();
    await cache.advance(20);
    const leaving = new AbortController();
    const first = cache.ask("/", { signal: leaving.signal }).catch(() => null);
    await cache.upstream.seen.atLeast(2);
    const others = Array.from({ length: 10 }, () => cache.ask());
    await inFlight(cache, 11);
    leaving.abort();
    await first;
    await cache.upstream.seen.atLeast(3);
    second.resolve();
    expect(new Set((await Promise.all(others)).map(({ text }) => text))).toEqual(new Set(["answer 3"]));
    expect(cache.upstream.seen.all).toHaveLength(3);
  });

  test("never wait for a stream of events, whatever freshness is assumed", async () => {
    await using cache = await startCache(
      () =>
        new Response(
          new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode("data: 1\n\n")) }),
          { headers: { "content-type": "text/event-stream" } },
        ),
      { defaultTtlSeconds: 60 },
    );
    const one = await fetch(cache.gateway.url);
    expect(one.headers.get("cache-status")).toBe("Cartway; fwd=miss; fwd-status=200; detail=no-freshness");
    await one.body?.cancel();
  });

  test("are continued by one of them if the first client disconnects", async () => {
    const second = Promise.withResolvers<void>();
    let count = 0;
    await using cache = await startCache(async () => {
      const number = ++count;
      await (number === 1 ? new Promise<never>(() => undefined) : second.promise);
      return new Response(`answer ${number}`, { headers: { "cache-control": "max-age=60" } });
    });
    const leaving = new AbortController();
    const first = cache.ask("/", { signal: leaving.signal }).catch(() => null);
    await cache.upstream.seen.atLeast(1);
    const others = Array.from({ length: 10 }, () => cache.ask());
    await inFlight(cache, 11);
    leaving.abort();
    await first;
    await cache.upstream.seen.atLeast(2);
    second.resolve();
    expect(new Set((await Promise.all(others)).map(({ text }) => text))).toEqual(new Set(["answer 2"]));
    expect(cache.upstream.seen.all).toHaveLength(2);
  });

  test("keep sharing after one disconnects during the response", async () => {
    let count = 0;
    const gate = Promise.withResolvers<void>();
    await using cache = await startCache(async () => {
      count += 1;
      const headers = { "cache-control": "max-age=60" };
      if (count > 1) {
        await gate.promise;
        return new Response("whole", { headers });
      }
      const begun = new TextEncoder().encode("the beginning");
      return new Response(new ReadableStream({ start: (controller) => controller.enqueue(begun) }), {
        headers,
      });
    });
    const leaving = new AbortController();
    const { body } = await fetch(cache.gateway.url, { signal: leaving.signal });
    await body?.getReader().read();
    leaving.abort();
    await waitUntil(async () =>
      (await cache.gateway.metrics.render()).includes('upstream_requests_in_flight{service="api"} 0'),
    );
    const others = Array.from({ length: 5 }, () => cache.ask());
    await cache.upstream.seen.atLeast(2);
    await inFlight(cache, 5);
    gate.resolve();
    expect(new Set((await Promise.all(others)).map(({ text }) => text))).toEqual(new Set(["whole"]));
    expect(cache.upstream.seen.all).toHaveLength(2);
  });

  test("are still answered if the first client disconnects", async () => {
    let count = 0;
    const gate = Promise.withResolvers<void>();
    await using cache = await startCache(async () => {
      count += 1;
      if (count === 1) await gate.promise;
      return new Response(`answer ${count}`, { headers: { "cache-control": "max-age=60" } });
    });
    const leaving = new AbortController();
    const first = cache.ask("/", { signal: leaving.signal }).catch(() => null);
    await cache.upstream.seen.atLeast(1);
    const others = [cache.ask(), cache.ask()];
    leaving.abort();
    await first;
    for (const { text } of await Promise.all(others)) expect(text).toMatch(/^answer [23]$/);
    gate.resolve();
  });
});
