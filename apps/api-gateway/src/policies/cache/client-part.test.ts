import { describe, expect, test } from "bun:test";
import { sendRaw, waitUntil } from "@libs/testing";
import { errorOf } from "../../../test/support/error-of.ts";
import { cached, cachePolicies, startCache } from "../../../test/support/start-cache.ts";
import {
  checkedConfig,
  serviceAt,
  startGateway,
  startGatewayTo,
} from "../../../test/support/start-gateway.ts";
import { startRawUpstream } from "../../../test/support/upstreams/start-raw-upstream.ts";
import { startUpstream } from "../../../test/support/upstreams/start-upstream.ts";

describe("the client's cache headers", () => {
  test("conditional requests are answered from the cache", async () => {
    const headers = { etag: '"v1"', "last-modified": "Sat, 21 Nov 2026 08:00:00 GMT" };
    await using cache = await startCache(cached("max-age=60", headers));
    const miss = await cache.ask("/", { headers: { "if-none-match": 'W/"v1"' } });
    expect([miss.answer.status, miss.text]).toEqual([304, ""]);
    for (const asked of [
      { "if-none-match": '"v0", "v1"' },
      { "if-none-match": "*" },
      { "if-modified-since": "Sat, 21 Nov 2026 08:00:00 GMT" },
    ])
      expect((await cache.ask("/", { headers: asked })).answer.status).toBe(304);
    const other = await cache.ask("/", { headers: { "if-none-match": '"v2"' } });
    expect([other.answer.status, other.text]).toEqual([200, "answer 1"]);
    expect(cache.upstream.seen.all[0]?.headers.get("if-none-match")).toBeNull();
  });

  test("Cache-Control is honoured unless configured otherwise", async () => {
    await using cache = await startCache(cached("max-age=60", { etag: '"v"' }));
    const asking = (control: string) => cache.ask("/", { headers: { "cache-control": control } });
    expect((await asking("only-if-cached")).answer.status).toBe(504);
    await cache.ask();
    await cache.advance(30);
    expect((await asking("max-age=40")).text).toBe("answer 1");
    expect((await asking("min-fresh=40")).text).toBe("answer 2");
    expect((await asking("no-cache")).text).toBe("answer 3");
    expect((await asking("no-store")).text).toBe("answer 4");
    expect((await cache.ask("/", { headers: { pragma: "no-cache" } })).text).toBe("answer 5");
    await cache.advance(70);
    expect((await asking("max-stale=30")).text).toBe("answer 5");
    expect((await asking("max-stale=5, only-if-cached")).answer.status).toBe(504);
    await using deaf = await startCache(cached("max-age=60"), { clientDirectives: false });
    await deaf.ask();
    expect((await deaf.ask("/", { headers: { "cache-control": "no-cache" } })).text).toBe("answer 1");
  });

  test("If-None-Match: * finds what is stored, whether or not it has an ETag", async () => {
    await using cache = await startCache(cached("max-age=60"));
    await cache.ask();
    expect((await cache.ask("/", { headers: { "if-none-match": "*" } })).answer.status).toBe(304);
  });

  test("min-fresh is never answered with what is stale and being revalidated", async () => {
    await using cache = await startCache(cached("max-age=10, stale-while-revalidate=60"));
    await cache.ask();
    await cache.advance(15);
    expect((await cache.ask("/", { headers: { "cache-control": "min-fresh=1" } })).text).toBe("answer 2");
  });

  test("only-if-cached without an entry is answered in the envelope", async () => {
    await using cache = await startCache(cached("max-age=60"));
    const answer = await fetch(cache.gateway.url, { headers: { "cache-control": "only-if-cached" } });
    expect((await errorOf(answer)).code).toBe("not_cached");
  });

  test("ranges and conditions that the service must evaluate bypass the cache", async () => {
    await using cache = await startCache(cached("max-age=60"));
    await cache.ask();
    const part = await cache.ask("/", { headers: { range: "bytes=0-1" } });
    expect([part.text, part.status]).toEqual(["answer 2", "Cartway; fwd=bypass; fwd-status=200"]);
  });

  test.each(["x-http-method-override", "x-http-method", "x-method-override"])(
    "a GET whose service may take another method from %s bypasses the cache",
    async (header) => {
      await using cache = await startCache(cached("max-age=60"));
      const asPost = await cache.ask("/", { headers: { [header]: "POST" } });
      expect([asPost.text, asPost.status]).toEqual(["answer 1", "Cartway; fwd=bypass; fwd-status=200"]);
      expect((await cache.ask()).text).toBe("answer 2");
    },
  );

  test("a GET with a body bypasses the cache", async () => {
    await using raw = await startRawUpstream((socket) =>
      socket.write("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 2\r\n\r\nok"),
    );
    await using gateway = await startGatewayTo(raw.url, { policies: cachePolicies() });
    const ask = async (content: string) =>
      (await sendRaw(gateway.port, `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${content}`)).headers[
        "cache-status"
      ];
    expect(await ask("Content-Length: 4\r\n\r\nevil")).toBe("Cartway; fwd=bypass; fwd-status=200");
    expect(await ask("Transfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n")).toContain("bypass");
    expect(await ask("Content-Length: 0\r\n\r\n")).toBe("Cartway; fwd=miss; fwd-status=200; stored");
    expect(await ask("Content-Length: 4\r\n\r\nevil")).toContain("bypass");
  });

  test("a successful unsafe request invalidates its URL and those named by its response", async () => {
    await using cache = await startCache((request) =>
      request.method === "POST"
        ? new Response(null, { status: 201, headers: { location: "/made" } })
        : new Response(String(Math.random()), { headers: { "cache-control": "max-age=60" } }),
    );
    const [list, made, other] = [
      await cache.ask("/list"),
      await cache.ask("/made"),
      await cache.ask("/other"),
    ];
    await cache.ask("/list", { method: "POST", body: "x" });
    expect((await cache.ask("/list")).text).not.toBe(list.text);
    expect((await cache.ask("/made")).text).not.toBe(made.text);
    expect((await cache.ask("/other")).text).toBe(other.text);
  });
});

test.each(["/%7Eann/b", "http://shop.test/~ann/./b#part", "//shop.test/~ann/b", "b"])(
  "an unsafe request invalidates what its response names, however it is spelled: %s",
  async (location) => {
    let count = 0;
    await using cache = await startCache(({ method }) => {
      if (method === "POST") return new Response(null, { status: 201, headers: { location } });
      return new Response(`answer ${(count += 1)}`, { headers: { "cache-control": "max-age=60" } });
    });
    const headers = { host: "shop.test" };
    expect((await cache.ask("/~ann/b", { headers })).text).toBe("answer 1");
    await cache.ask("/~ann/list", { method: "POST", headers });
    expect((await cache.ask("/~ann/b", { headers })).text).toBe("answer 2");
  },
);

test("an unsafe request is answered whatever its response names", async () => {
  await using cache = await startCache(() => new Response("made", { headers: { location: "/%00" } }));
  expect((await cache.ask("/", { method: "POST" })).text).toBe("made");
});

test("an unsafe request invalidates its URL for all values of the configured headers", async () => {
  await using cache = await startCache(cached("max-age=60"), { headers: ["x-country"] });
  const ask = async (country: string) => (await cache.ask("/", { headers: { "x-country": country } })).text;
  expect([await ask("de"), await ask("fr"), await ask("de")]).toEqual(["answer 1", "answer 2", "answer 1"]);
  await cache.ask("/", { method: "POST" });
  expect([await ask("de"), await ask("fr")]).toEqual(["answer 4", "answer 5"]);
});

test("an uncacheable response also replaces the stored one", async () => {
  let control = "max-age=60";
  let status = 200;
  await using cache = await startCache(() =>
    status === 200
      ? new Response(control, { headers: { "cache-control": control } })
      : new Response(String(status), { status }),
  );
  const anew = async () => (await cache.ask("/", { headers: { "cache-control": "no-cache" } })).text;
  await cache.ask();
  // a 401 or 403 invalidates nothing
  for (status of [429, 403]) expect(await anew()).toBe(String(status));
  status = 200;
  expect((await cache.ask()).text).toBe("max-age=60");
  control = "private";
  expect(await anew()).toBe("private");
  expect((await cache.ask()).text).toBe("private");
});

test("a reload keeps the entries of unchanged caches", async () => {
  await using upstream = startUpstream(cached("max-age=60"));
  const config = (via: string) => ({
    server: { via },
    services: { api: serviceAt(upstream.url) },
    routes: [{ id: "all", match: { path: "/*" }, service: "api", policies: cachePolicies() }],
  });
  await using gateway = await startGateway(config("one"));
  await (await fetch(gateway.url)).text();
  await gateway.gateway.reload(checkedConfig(config("two")));
  expect(await (await fetch(gateway.url)).text()).toBe("answer 1");
  const entries = 'cartway_cache_entries{cache="route all"} ';
  expect(await gateway.metrics.render()).toContain(`${entries}1`);
  // a deleted address is not listed either
  const { routes, ...without } = config("three");
  await gateway.gateway.reload(
    checkedConfig({ ...without, routes: routes.map((route) => ({ ...route, policies: [] })) }),
  );
  await waitUntil(async () => !(await gateway.metrics.render()).includes(entries));
  await gateway.gateway.reload(checkedConfig(config("four")));
  expect(await gateway.metrics.render()).toContain(`${entries}0`);
});

test("a Redis cache is refused at load without Redis", async () => {
  const start = startGatewayTo("http://127.0.0.1:1", { policies: cachePolicies({ store: "redis" }) });
  await expect(start).rejects.toThrow("set REDIS_URL");
});
