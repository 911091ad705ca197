import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { createEventLog, waitUntil } from "@libs/testing";
import { explainRequest } from "../../src/explain/explain-request.ts";
import { createOfflineSnapshot } from "../../src/explain/offline-snapshot.ts";
import { printExplanation } from "../../src/explain/print-explanation.ts";
import { startRawUpstream } from "../support/upstreams/start-raw-upstream.ts";
import { checkedConfig, serviceAt, startGateway } from "../support/start-gateway.ts";
import { startUpstream } from "../support/upstreams/start-upstream.ts";

type Answering = (path: string, signal: AbortSignal) => Response | Promise<Response>;
let answering: Answering = () => Response.json({});
const seen = createEventLog<{ path: string; headers: Headers }>();
let left = createEventLog<string>();

const shop = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  idleTimeout: 30,
  fetch(request) {
    const { pathname, search } = new URL(request.url);
    seen.push({ path: pathname + search, headers: request.headers });
    const ofThisTest = left;
    request.signal.addEventListener("abort", () => ofThisTest.push(pathname));
    return answering(pathname + search, request.signal);
  },
});
const dead = await startRawUpstream((socket) => socket.destroy());
beforeEach(() => {
  left = createEventLog<string>();
  answering = () => Response.json({});
});
afterAll(async () => {
  await shop.stop(true);
  await dead[Symbol.asyncDispose]();
});

const never = (): Promise<never> => new Promise(() => undefined);
const item = { service: "shop", path: "/items/{id}" };
const reviews = { service: "shop", path: "/reviews?item={id}&page={query.page}", required: false };

const config = (parts: object, more: object = {}, aggregate: object = {}) => ({
  services: { shop: serviceAt(shop.url.origin, { retry: { attemptsMax: 2 } }), dead: serviceAt(dead.url) },
  routes: [
    {
      id: "page",
      match: { path: "/page/{id}", methods: ["GET"] },
      aggregate: { parts, ...aggregate },
      ...more,
    },
  ],
});

const asJson: Answering = (path) =>
  path.startsWith("/items")
    ? Response.json({ name: "Cup", price: { minor: 5 } })
    : Response.json([{ stars: 4 }]);

describe("an aggregate response", () => {
  test("has each part under its name, requested with its own path and the caller's identity headers", async () => {
    answering = asJson;
    await using gateway = await startGateway(config({ item, reviews }));
    const before = seen.all.length;
    const answer = await fetch(`${gateway.url}/page/a%2Fb?page=2&other=1`, {
      headers: { "x-mine": "1", "if-none-match": '"x"', range: "bytes=0-1", "x-user-id": "root" },
    });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([
      200,
      "application/json; charset=utf-8",
    ]);
    expect(await answer.json()).toEqual({
      item: { name: "Cup", price: { minor: 5 } },
      reviews: [{ stars: 4 }],
    });
    const asked = seen.all.slice(before);
    expect(asked.map(({ path }) => path).toSorted()).toEqual(["/items/a%2Fb", "/reviews?item=a%2Fb&page=2"]);
    for (const { headers } of asked) {
      expect(headers.get("x-request-id")).toBe(answer.headers.get("x-request-id"));
      expect(headers.get("x-mine")).toBe("1");
      expect(headers.get("accept-encoding")).toBe("identity");
      expect(Number(headers.get("x-request-timeout-ms"))).toBeGreaterThan(0);
      expect(["if-none-match", "range", "x-user-id"].map((name) => headers.get(name))).toEqual([
        null,
        null,
        null,
      ]);
    }
    const head = await fetch(`${gateway.url}/page/1`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect((await fetch(`${gateway.url}/page/1`, { method: "POST" })).status).toBe(405);
  });

  test("merges the fields of a flattened part, renamed and selected", async () => {
    answering = asJson;
    const flat = { ...item, flatten: true, pick: { title: "/name", priceMinor: "/price/minor" } };
    await using gateway = await startGateway(config({ flat, reviews }));
    expect(await (await fetch(`${gateway.url}/page/1`)).json()).toEqual({
      title: "Cup",
      priceMinor: 5,
      reviews: [{ stars: 4 }],
    });
  });

  test("treats a field called __proto__ as an ordinary field", async () => {
    answering = () => new Response('{"__proto__":{"admin":true}}');
    await using gateway = await startGateway(config({ item: { ...item, flatten: true } }));
    expect(await (await fetch(`${gateway.url}/page/1`)).text()).toBe('{"__proto__":{"admin":true}}');
  });

  test("has the numbers of its parts as they were written, those that a double cannot hold too", async () => {
    answering = () => new Response('{"id":9007199254740993,"big":1e400}');
    const picked = { ...item, pick: { id: "/id" } };
    await using gateway = await startGateway(config({ item, flat: { ...item, flatten: true }, picked }));
    const expected =
      '{"item":{"id":9007199254740993,"big":1e400},"id":9007199254740993,"big":1e400,"picked":{"id":9007199254740993}}';
    expect(await (await fetch(`${gateway.url}/page/7`)).text()).toBe(expected);
  });

  test("requests its parts concurrently", async () => {
    const both = Promise.withResolvers<void>();
    let waiting = 0;
    answering = async (path) => {
      waiting += 1;
      if (waiting === 2) both.resolve();
      await both.promise;
      return asJson(path, AbortSignal.abort());
    };
    await using gateway = await startGateway(config({ item, reviews }));
    expect((await fetch(`${gateway.url}/page/1`)).status).toBe(200);
  });
});

/** A body that stalls after its beginning. */
function stopped(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (body) => body.enqueue(new TextEncoder().encode("[")), pull: never });
}

describe("an optional part that fails is null and is reported in the response", () => {
  test.each<[string, Answering]>([
    ["answers with a failure", () => new Response("at secret.ts:1", { status: 500 })],
    ["is not there", () => new Response(null, { status: 404 })],
    ["answers no JSON", () => new Response("<html>")],
    ["answers in bytes that are no text", () => new Response(new Uint8Array([0xff, 0x22]))],
    ["is nested without an end", () => new Response("[".repeat(100_000))],
    ["is larger than allowed", () => new Response(`"${"x".repeat(2000)}"`)],
    ["is encoded all the same", () => new Response("{}", { headers: { "content-encoding": "br" } })],
    ["takes too long", never],
    ["stops in the middle", () => new Response(stopped())],
  ])("when it %s", async (_what, fails) => {
    answering = (path, signal) => (path.startsWith("/items") ? asJson(path, signal) : fails(path, signal));
    const parts = { item, reviews: { ...reviews, timeoutMs: 200 } };
    await using gateway = await startGateway(config(parts, {}, { bytesMax: 1000 }));
    const answer = await fetch(`${gateway.url}/page/1`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      item: { name: "Cup", price: { minor: 5 } },
      reviews: null,
      _incomplete: ["reviews"],
    });
    expect(answer.headers.get("x-cartway-incomplete")).toBe("reviews");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(await gateway.metrics.render()).toContain(
      'cartway_aggregate_parts_total{route="page",part="reviews",service="shop",outcome="failed"} 1',
    );
  });

  test("when its service is unreachable", async () => {
    answering = asJson;
    await using gateway = await startGateway(config({ item, reviews: { ...reviews, service: "dead" } }));
    expect(await (await fetch(`${gateway.url}/page/1`)).json()).toMatchObject({ reviews: null });
  });
});

describe("a required part that fails fails the whole response", () => {
  test.each<[string, Answering, number, string]>([
    ["with what is as true of the whole", () => new Response("x", { status: 404 }), 404, "not_found"],
    [
      "as a failure of the service",
      () => new Response("at secret.ts:1", { status: 500 }),
      502,
      "service_failed",
    ],
    ["as an answer that is none", () => new Response("<html>at secret.ts"), 502, "upstream_invalid"],
    ["as too late", never, 504, "upstream_timeout"],
  ])("%s", async (_what, fails, status, code) => {
    answering = (path, signal) => (path.startsWith("/items") ? fails(path, signal) : asJson(path, signal));
    await using gateway = await startGateway(config({ item: { ...item, timeoutMs: 200 }, reviews }));
    const answer = await fetch(`${gateway.url}/page/1`);
    const text = await answer.text();
    expect(answer.status).toBe(status);
    expect(JSON.parse(text)).toMatchObject({ error: { code } });
    expect(text).not.toContain("secret");
  });

  test("as an answer that cannot be flattened, a number of any size included", async () => {
    await using gateway = await startGateway(config({ item: { ...item, flatten: true } }));
    for (const text of ["[1]", "5", "1e400"]) {
      answering = () => new Response(text);
      expect((await fetch(`${gateway.url}/page/1`)).status).toBe(502);
    }
  });

  test("with the service's Retry-After and WWW-Authenticate", async () => {
    answering = (path) =>
      path === "/items/1"
        ? new Response(null, { status: 429, headers: { "retry-after": "7" } })
        : new Response(null, { status: 401, headers: { "www-authenticate": "Bearer" } });
    await using gateway = await startGateway(config({ item }));
    const [limited, unknown] = [await fetch(`${gateway.url}/page/1`), await fetch(`${gateway.url}/page/2`)];
    expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "7"]);
    expect([unknown.status, unknown.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
  });

  test("and cancels the parts in flight", async () => {
    const asked = Promise.withResolvers<void>();
    answering = async (path) => {
      if (path.startsWith("/reviews")) {
        asked.resolve();
        return await never();
      }
      await asked.promise;
      return new Response(null, { status: 404 });
    };
    await using gateway = await startGateway(config({ item, reviews: { ...reviews, timeoutMs: 20_000 } }));
    expect((await fetch(`${gateway.url}/page/1`)).status).toBe(404);
    expect(await left.next()).toBe("/reviews");
    const isCounted = async () =>
      (await gateway.metrics.render()).includes('part="reviews",service="shop",outcome="abandoned"} 1');
    await waitUntil(isCounted, { what: "the part that was given up" });
  });
});

test("a client that disconnects cancels every part", async () => {
  const both = Promise.withResolvers<void>();
  let waiting = 0;
  answering = () => {
    waiting += 1;
    if (waiting === 2) both.resolve();
    return never();
  };
  await using gateway = await startGateway(config({ item, reviews }));
  const leaving = new AbortController();
  const asking = fetch(`${gateway.url}/page/1`, { signal: leaving.signal });
  await both.promise;
  leaving.abort();
  await expect(asking).rejects.toThrow();
  expect([await left.next(), await left.next()].toSorted()).toEqual(["/items/1", "/reviews"]);
});

test("a part is retried by the rules of its service", async () => {
  let failures = 1;
  answering = (path, signal) => (failures-- > 0 ? new Response(null, { status: 503 }) : asJson(path, signal));
  await using gateway = await startGateway(config({ item }));
  expect(await (await fetch(`${gateway.url}/page/1`)).json()).toMatchObject({ item: { name: "Cup" } });
});

test("the response is cached, also compressed, no longer than any of its parts, and not if incomplete", async () => {
  await using upstream = startUpstream((_request, { path }) => {
    if (path.startsWith("/broken")) return new Response(null, { status: 500 });
    return Response.json({ text: "x".repeat(5000) }, { headers: { "cache-control": "max-age=60" } });
  });
  const cached = config(
    { item, more: { service: "shop", path: "/{id}", required: false } },
    { policies: [{ type: "cache" }, { type: "compress" }] },
  );
  await using gateway = await startGateway({ ...cached, services: { shop: serviceAt(upstream.url) } });
  const statusOf = async (path: string) => {
    const answer = await fetch(gateway.url + path, { headers: { "accept-encoding": "gzip" } });
    await answer.arrayBuffer();
    return [answer.headers.get("content-encoding"), answer.headers.get("cache-status")?.includes("hit")];
  };
  expect([await statusOf("/page/1"), await statusOf("/page/1")]).toEqual([
    ["gzip", false],
    ["gzip", true],
  ]);
  expect([await statusOf("/page/broken"), await statusOf("/page/broken")]).toEqual([
    ["gzip", false],
    ["gzip", false],
  ]);
});

test("explain lists the parts, their requests and their possible targets", async () => {
  const { snapshot } = createOfflineSnapshot(checkedConfig(config({ item, reviews })), {});
  const asked = { method: "GET", url: "/page/7?page=2", headers: [], peerIp: "127.0.0.1", caller: null };
  const explained = await explainRequest(snapshot, asked);
  expect(explained).toMatchObject({
    ending: { kind: "aggregated", services: ["shop"] },
    upstream: null,
    parts: [
      { name: "item", service: "shop", path: "/items/7", isRequired: true },
      { name: "reviews", path: "/reviews?item=7&page=2", isRequired: false },
    ],
  });
  const printed = printExplanation(explained);
  expect(printed).toContain("parts      item  GET /items/7  of shop  required  5000 ms");
  expect(printed).toContain("ends       is answered from shop together");
  await snapshot.retire();
});
