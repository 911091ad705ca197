import { describe, expect, test } from "bun:test";
import { createManualClock, waitUntil } from "@libs/testing";
import { errorOf } from "../../../test/support/error-of.ts";
import {
  checkedConfig,
  type RunningGateway,
  serviceAt,
  startGateway,
  startGatewayTo,
} from "../../../test/support/start-gateway.ts";
import { startUpstream, type UpstreamHandler } from "../../../test/support/start-upstream.ts";

const policies = (more: object = {}) => [{ type: "cache", ...more }];
const cached = (control: string, headers: Record<string, string> = {}): UpstreamHandler => {
  let count = 0;
  return () => {
    count += 1;
    return new Response(`answer ${count}`, { headers: { "cache-control": control, ...headers } });
  };
};

/** A gateway before one service, at a clock that stands still. */
async function startCache(handler: UpstreamHandler, more: object = {}, route: object = {}) {
  const clock = createManualClock(Date.now());
  const upstream = startUpstream(async (request, seen) => {
    const answer = await handler(request, seen);
    answer.headers.set("date", new Date(clock.now()).toUTCString());
    return answer;
  });
  const gateway = await startGatewayTo(
    upstream.url,
    { policies: policies(more), ...route },
    {},
    { now: clock.now },
  );
  const ask = async (path = "/", init: RequestInit = {}) => {
    const answer = await fetch(gateway.url + path, init);
    return { answer, text: await answer.text(), status: answer.headers.get("cache-status") ?? "" };
  };
  return {
    upstream,
    gateway,
    ask,
    advance: (seconds: number) => clock.advance(seconds * 1000),
    async [Symbol.asyncDispose]() {
      await gateway.gateway.stop();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

async function counted(gateway: RunningGateway, outcome: string): Promise<number> {
  const text = await gateway.metrics.render();
  const line = `cartway_cache_requests_total{route="all",cache="route all",outcome="${outcome}"} `;
  return Number(
    text
      .split("\n")
      .find((one) => one.startsWith(line))
      ?.split(" ")
      .at(-1) ?? 0,
  );
}

describe("an answer that may be kept", () => {
  test("is given again while it is fresh, with its age, and fetched anew after that", async () => {
    await using cache = await startCache(cached("max-age=60"));
    const first = await cache.ask();
    expect([first.text, first.status]).toEqual(["answer 1", "Cartway; fwd=miss; fwd-status=200; stored"]);
    await cache.advance(20);
    const second = await cache.ask();
    expect([second.text, second.answer.headers.get("age"), second.status]).toEqual([
      "answer 1",
      "20",
      "Cartway; hit; ttl=40",
    ]);
    await cache.advance(41);
    expect((await cache.ask()).text).toBe("answer 2");
    expect([await counted(cache.gateway, "hit"), await counted(cache.gateway, "miss")]).toEqual([1, 2]);
  });

  test("is another one for another path, query or host, and the same for a HEAD", async () => {
    await using cache = await startCache(cached("max-age=60", { "x-kind": "fruit" }));
    expect((await cache.ask("/a")).text).toBe("answer 1");
    expect((await cache.ask("/a?b=1")).text).toBe("answer 2");
    expect((await cache.ask("/b")).text).toBe("answer 3");
    expect((await cache.ask("/a", { headers: { host: "other.test" } })).text).toBe("answer 4");
    const head = await cache.ask("/a", { method: "HEAD" });
    expect([
      head.status,
      head.answer.headers.get("content-length"),
      head.answer.headers.get("x-kind"),
    ]).toEqual(["Cartway; hit; ttl=60", "8", "fruit"]);
  });

  test("that is large or streamed is kept whole, and one above entryBytesMax is passed on and not kept", async () => {
    const size = 300_000;
    await using cache = await startCache(
      (_request, { path }) =>
        new Response(
          new ReadableStream({
            start(controller) {
              for (let count = 0; count < (path === "/huge" ? 30 : 3); count += 1)
                controller.enqueue(new Uint8Array(size / 3).fill(count));
              controller.close();
            },
          }),
          { headers: { "cache-control": "max-age=60" } },
        ),
    );
    const first = await fetch(`${cache.gateway.url}/large`);
    const bytes = await first.bytes();
    expect(bytes.byteLength).toBe(size);
    await waitUntil(async () => (await cache.ask("/large")).status.includes("hit"));
    const again = await fetch(`${cache.gateway.url}/large`);
    expect(Buffer.compare(await again.bytes(), bytes)).toBe(0);
    for (let count = 0; count < 2; count += 1) {
      const huge = await fetch(`${cache.gateway.url}/huge`);
      expect((await huge.bytes()).byteLength).toBe(size * 10);
      expect(huge.headers.get("cache-status")).toStartWith("Cartway; fwd=");
    }
  });

  test("is not kept where the service broke off in the middle", async () => {
    let isBroken = true;
    await using cache = await startCache(
      () =>
        new Response(
          new ReadableStream({
            async pull(controller) {
              controller.enqueue(new TextEncoder().encode("part "));
              await Bun.sleep(1);
              if (isBroken) controller.error(new Error("broken"));
              else controller.close();
            },
          }),
          { headers: { "cache-control": "max-age=60" } },
        ),
    );
    await cache.ask().catch(() => undefined);
    isBroken = false;
    const next = await cache.ask();
    expect(next.text).toStartWith("part ");
    expect(next.status).not.toContain("hit");
  });
});

describe("what may differ is kept apart", () => {
  test("by the headers that Vary names, the order of an Accept-Encoding meaning nothing", async () => {
    let count = 0;
    await using cache = await startCache((request) => {
      count += 1;
      return new Response(`${request.headers.get("accept-language")} ${count}`, {
        headers: { "cache-control": "max-age=60", vary: "Accept-Language" },
      });
    });
    const inLanguage = (language: string) => cache.ask("/", { headers: { "accept-language": language } });
    expect((await inLanguage("de, en")).text).toBe("de, en 1");
    expect((await inLanguage("fr")).text).toBe("fr 2");
    expect((await inLanguage("en,de")).text).toBe("de, en 1");
  });

  test("by tenant, always", async () => {
    const tenant = { type: "tenant", known: ["a", "b"], header: "x-shop", anonymous: true };
    await using upstream = startUpstream(cached("public, max-age=60"));
    await using gateway = await startGatewayTo(upstream.url, { policies: [tenant, ...policies()] });
    const as = async (shop: string) => (await fetch(gateway.url, { headers: { "x-shop": shop } })).text();
    expect([await as("a"), await as("b"), await as("a")]).toEqual(["answer 1", "answer 2", "answer 1"]);
  });

  test("by configured headers and query parameters only", async () => {
    await using cache = await startCache(cached("max-age=60"), { query: ["page"], headers: ["x-country"] });
    const ask = async (query: string, country: string) =>
      (await cache.ask(`/?${query}`, { headers: { "x-country": country } })).text;
    expect(await ask("page=1&utm=a", "de")).toBe("answer 1");
    expect(await ask("utm=b&page=1", "de")).toBe("answer 1");
    expect(await ask("page=2", "de")).toBe("answer 2");
    expect(await ask("page=1", "fr")).toBe("answer 3");
  });
});

describe("what is not for everybody is not kept", () => {
  const unshared: [
    name: string,
    control: string,
    headers: Record<string, string>,
    asked: Record<string, string>,
  ][] = [
    ["what is private", "private", {}, {}],
    ["what is not to be stored", "no-store", {}, {}],
    ["what sets a cookie", "max-age=60", { "set-cookie": "a=1" }, {}],
    ["what differs by everything", "max-age=60", { vary: "*" }, {}],
    ["what was asked with credentials", "max-age=60", {}, { authorization: "Bearer x" }],
  ];
  test.each(unshared)("%s", async (_name, control, headers, asked) => {
    await using cache = await startCache(cached(control, headers));
    expect((await cache.ask("/", { headers: asked })).text).toBe("answer 1");
    expect((await cache.ask("/", { headers: asked })).text).toBe("answer 2");
  });

  test("but what was asked with credentials is where its service says that it is public", async () => {
    await using cache = await startCache(cached("public, max-age=60"));
    const init = { headers: { authorization: "Bearer x" } };
    expect([(await cache.ask("/", init)).text, (await cache.ask("/", init)).text]).toEqual([
      "answer 1",
      "answer 1",
    ]);
  });

  test("and answers that set cookies are where the config says so", async () => {
    await using cache = await startCache(cached("max-age=60", { "set-cookie": "a=1" }), {
      storesSetCookie: true,
    });
    await cache.ask();
    expect((await cache.ask()).answer.headers.get("set-cookie")).toBe("a=1");
  });
});

describe("a stale answer", () => {
  const validated =
    (control: string): UpstreamHandler =>
    (request) =>
      request.headers.get("if-none-match") === '"v1"'
        ? new Response(null, {
            status: 304,
            headers: { etag: '"v1"', "x-turn": "second", "cache-control": control },
          })
        : new Response("body", { headers: { etag: '"v1"', "x-turn": "first", "cache-control": control } });

  test("is asked about, and given again where it still holds, with the headers of the 304", async () => {
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

  test("is given at once while one request asks for a newer one in the background", async () => {
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

  test("stands in for an error where its service allows it, and no longer than it allows", async () => {
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

  test("stands in for a service that is gone", async () => {
    const upstream = startUpstream(cached("max-age=0, stale-if-error=60"));
    await using gateway = await startGatewayTo(upstream.url, { policies: policies() });
    await (await fetch(gateway.url)).text();
    await upstream[Symbol.asyncDispose]();
    const stale = await fetch(gateway.url);
    expect([stale.status, await stale.text()]).toEqual([200, "answer 1"]);
  });

  test("never does where it must be revalidated", async () => {
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

describe("many who want the same", () => {
  test("are served by one request", async () => {
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

  test("go on by themselves where the answer turns out not to be for sharing, and do not wait the next time", async () => {
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

  test("are not left without an answer by a first one that leaves", async () => {
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

describe("the client's part", () => {
  test("its conditions are answered from the cache", async () => {
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

  test("its Cache-Control counts, unless the config says otherwise", async () => {
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

  test("a refusal to ask the service says so in the envelope", async () => {
    await using cache = await startCache(cached("max-age=60"));
    const answer = await fetch(cache.gateway.url, { headers: { "cache-control": "only-if-cached" } });
    expect((await errorOf(answer)).code).toBe("not_cached");
  });

  test("parts and conditions that the service must judge pass by", async () => {
    await using cache = await startCache(cached("max-age=60"));
    await cache.ask();
    const part = await cache.ask("/", { headers: { range: "bytes=0-1" } });
    expect([part.text, part.status]).toEqual(["answer 2", "Cartway; fwd=bypass; fwd-status=200"]);
  });

  test("a change that succeeded forgets what is stored of its address and of those its answer names", async () => {
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

test("what a reload leaves as it was keeps what it holds", async () => {
  await using upstream = startUpstream(cached("max-age=60"));
  const config = (via: string) => ({
    server: { via },
    services: { api: serviceAt(upstream.url) },
    routes: [{ id: "all", match: { path: "/*" }, service: "api", policies: policies() }],
  });
  await using gateway = await startGateway(config("one"));
  await (await fetch(gateway.url)).text();
  await gateway.gateway.reload(checkedConfig(config("two")));
  expect(await (await fetch(gateway.url)).text()).toBe("answer 1");
  expect(await gateway.metrics.render()).toContain('cartway_cache_entries{cache="route all"} 1');
});

test("a cache in Redis is refused at load where there is none", async () => {
  const start = startGatewayTo("http://127.0.0.1:1", { policies: policies({ store: "redis" }) });
  await expect(start).rejects.toThrow("set REDIS_URL");
});
