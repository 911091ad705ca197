import { describe, expect, test } from "bun:test";
import { pointerKeys } from "../../model/config/json-pointer.ts";
import { checkConfig } from "../../config/check-config.ts";
import { errorOf } from "../../../test/support/error-of.ts";
import { startGatewayTo } from "../../../test/support/start-gateway.ts";
import { startUpstream, type UpstreamHandler } from "../../../test/support/upstreams/start-upstream.ts";
import { compileBodyChanges } from "./body-changes.ts";
import { put, take } from "./json-pointer.ts";

const json = { "content-type": "application/json" };
const none = { remove: [], rename: {}, set: {} };

async function startTransform(policy: object, handler?: UpstreamHandler, more: readonly object[] = []) {
  const upstream = startUpstream(handler);
  const policies = [...more, { type: "transform", ...policy }];
  const gateway = await startGatewayTo(upstream.url, { match: { path: "/shops/{shop}" }, policies });
  return {
    upstream,
    url: `${gateway.url}/shops/de`,
    async [Symbol.asyncDispose]() {
      await gateway.gateway.stop();
      await upstream[Symbol.asyncDispose]();
    },
  };
}
const post = (body: string, type = "application/json"): RequestInit => ({
  method: "POST",
  body,
  headers: { "content-type": type },
});

describe("the query that a service gets", () => {
  const query = {
    remove: ["secret", "a b"],
    rename: { q: "query", old: "shop" },
    set: { shop: "{param.shop}", "x y": "1&2" },
  };
  const cases: [asked: string, seen: string][] = [
    ["", "?shop=de&x%20y=1%262"],
    ["?secret=1&keep=%7E&q=a%20b&flag", "?keep=%7E&query=a%20b&flag&shop=de&x%20y=1%262"],
    ["?a+b=1&a%20b=2&shop=forged&old=x&&z=", "?z=&shop=de&x%20y=1%262"],
  ];
  test.each(cases)("of %p is %p", async (asked, seen) => {
    await using gateway = await startTransform({ request: { query } });
    await fetch(gateway.url + asked);
    expect((await gateway.upstream.seen.next()).path).toBe(`/shops/de${seen}`);
  });

  test("is removed with its question mark if empty", async () => {
    await using gateway = await startTransform({ request: { query: { remove: ["a"] } } });
    await fetch(`${gateway.url}?a=1`);
    expect((await gateway.upstream.seen.next()).path).toBe("/shops/de");
  });
});

describe("a header that is set or removed", () => {
  const request = { set: { "x-shop": "{param.shop}" }, remove: ["x-secret"], add: { "x-more": "ours" } };
  const spellings = ["X-Shop", "X_Shop", "x.shop", "x~shop", "X_Secret", "x-secret"];

  test("does not reach the service in a spelling that it would read as the same name", async () => {
    await using gateway = await startTransform({ request });
    const headers = Object.fromEntries(spellings.map((name) => [name, "forged"]));
    await fetch(gateway.url, { headers: { ...headers, x_more: "theirs", x_shop_id: "1" } });
    const { headers: seen } = await gateway.upstream.seen.next();
    expect([...seen.values()]).not.toContain("forged");
    expect([seen.get("x-shop"), seen.get("x_shop")]).toEqual(["de", null]);
    expect([seen.get("x-more"), seen.get("x_more"), seen.get("x_shop_id")]).toEqual(["ours", "theirs", "1"]);
  });

  test("is sent in the configured spelling, however unusual", async () => {
    await using gateway = await startTransform({ request: { set: { x_shop: "ours" } } });
    await fetch(gateway.url, { headers: { "x-shop": "forged", "x.shop": "forged" } });
    const { headers: seen } = await gateway.upstream.seen.next();
    expect([seen.get("x-shop"), seen.get("x.shop"), seen.get("x_shop")]).toEqual([null, null, "ours"]);
  });

  test("cannot be an identity header, in any spelling", () => {
    const policies = [{ type: "transform", request: { set: { x_user_id: "1" } } }];
    const checked = checkConfig({
      version: 1,
      services: { api: { discovery: { type: "static", targets: [{ url: "http://127.0.0.1:1" }] } } },
      routes: [{ id: "all", match: { path: "/*" }, service: "api", policies }],
    });
    expect(JSON.stringify(checked)).toContain("x_user_id tells the service who is calling");
  });
});

describe("the body that a service gets", () => {
  const body = {
    remove: ["/admin", "/items/0"],
    rename: { "/name": "/customer/name" },
    set: { "/shop": "{param.shop}", "/meta/via": "gateway {request.method}", "/tags/-": "new", "/count": 3 },
  };

  test("is changed in the order remove, rename, set, and has its length", async () => {
    await using gateway = await startTransform({ request: { body } });
    const asked = { admin: true, items: [1, 2], name: "ana", tags: ["a"] };
    await fetch(gateway.url, post(JSON.stringify(asked)));
    const seen = await gateway.upstream.seen.next();
    expect(JSON.parse(seen.body)).toEqual({
      items: [2],
      tags: ["a", "new"],
      customer: { name: "ana" },
      shop: "de",
      meta: { via: "gateway POST" },
      count: 3,
    });
    expect(seen.headers.get("content-length")).toBe(String(Buffer.byteLength(seen.body)));
  });

  test("keeps all numbers and members that are not changed, whatever a double or a prototype would make of them", async () => {
    const kept =
      '{"id":9007199254740993,"big":1e400,"pi":3.14159265358979323846,"zero":-0,"__proto__":{"a":1}}';
    await using gateway = await startTransform({
      request: { body: { remove: ["/secret", "/big/rawJSON"] } },
    });
    await fetch(gateway.url, post(`${kept.slice(0, -1)},"secret":1}`));
    expect((await gateway.upstream.seen.next()).body).toBe(kept);
  });

  test("is not required if the request has none", async () => {
    await using gateway = await startTransform({ request: { body } });
    expect((await fetch(gateway.url)).status).toBe(200);
  });

  const refusals: [name: string, init: RequestInit, status: number, code: string][] = [
    ["is no JSON by its type", post('{"admin":true}', "text/plain"), 415, "unsupported_media_type"],
    ["is no JSON", post("{"), 400, "invalid_json"],
    ["is above bodyBytesMax", post(JSON.stringify("x".repeat(200))), 413, "payload_too_large"],
    ["has something else where a value shall stand", post('{"meta":1}'), 422, "validation_failed"],
  ];
  test.each(refusals)("is refused if it %s", async (_name, init, status, code) => {
    await using gateway = await startTransform({ request: { body }, bodyBytesMax: 100 });
    const answer = await fetch(gateway.url, init);
    expect([answer.status, (await errorOf(answer)).code]).toEqual([status, code]);
    expect(gateway.upstream.seen.all).toEqual([]);
  });
});

describe("the body that a client gets", () => {
  const response = { body: { remove: ["/secret"], set: { "/shop": "{param.shop}" } } };
  const answering =
    (body: string | ReadableStream, headers: Record<string, string> = json, status = 200) =>
    () =>
      new Response(body, { status, headers });

  test("is changed, streamed or not, together with its validators", async () => {
    const text = JSON.stringify({ secret: 1, list: "x".repeat(100_000) });
    for (const body of [text, new Blob([text]).stream()]) {
      await using gateway = await startTransform({ response }, answering(body, { ...json, etag: '"v1"' }));
      const answer = await fetch(gateway.url, { headers: { "accept-encoding": "gzip", range: "bytes=0-1" } });
      expect(await answer.json()).toEqual({ list: "x".repeat(100_000), shop: "de" });
      expect(answer.headers.get("etag")).toBe('W/"v1"');
      const { headers } = await gateway.upstream.seen.next();
      expect([headers.get("accept-encoding"), headers.get("range")]).toEqual(["identity", null]);
    }
  });

  test("keeps numbers that a double cannot hold", async () => {
    await using gateway = await startTransform(
      { response: { body: { remove: ["/secret"] } } },
      answering('{"secret":1,"id":9007199254740993}'),
    );
    expect(await (await fetch(gateway.url)).text()).toBe('{"id":9007199254740993}');
  });

  test("stays empty if it is empty, whatever its type", async () => {
    for (const body of ["", new Blob([]).stream()]) {
      await using gateway = await startTransform({ response }, answering(body, json, 201));
      const answer = await fetch(gateway.url);
      expect([answer.status, await answer.text()]).toEqual([201, ""]);
    }
  });

  test("is unchanged if it is not JSON, or one of the gateway's error pages", async () => {
    await using gateway = await startTransform(
      { response },
      answering("secret", { "content-type": "text/html" }),
    );
    expect(await (await fetch(gateway.url)).text()).toBe("secret");
    await using unreachable = await startGatewayTo("http://127.0.0.1:1", {
      match: { path: "/{shop}" },
      policies: [{ type: "transform", response }],
    });
    const page = await fetch(`${unreachable.url}/de`);
    expect([page.status, Object.keys((await page.json()) as object)]).toEqual([502, ["error"]]);
  });

  const failures: [name: string, handler: UpstreamHandler][] = [
    ["is no JSON", answering("{")],
    ["is encoded all the same", answering("x", { ...json, "content-encoding": "br" })],
    ["is a part", answering("{}", json, 206)],
    ["is above bodyBytesMax", answering(JSON.stringify("x".repeat(70_000)))],
    ["is a text where a member shall stand", answering('"text"')],
  ];
  test.each(failures)(
    "is 502 without details if it %s, and still has CORS headers",
    async (_name, handler) => {
      const cors = { type: "cors", origins: ["https://shop.test"] };
      const policy = { response, bodyBytesMax: 60_000 };
      await using gateway = await startTransform(policy, handler, [cors]);
      const answer = await fetch(gateway.url, { headers: { origin: "https://shop.test" } });
      expect([answer.status, (await errorOf(answer)).code]).toEqual([502, "upstream_invalid"]);
      expect(answer.headers.get("access-control-allow-origin")).toBe("https://shop.test");
    },
  );
});

describe("a JSON Pointer", () => {
  test("resolves members of any name, and list elements", () => {
    const value = { "a/b": { "~": [1, 2, 3] }, "": 4 };
    expect(take(value, pointerKeys("/a~1b/~0/1"))).toEqual({ value: 2 });
    expect(take(value, pointerKeys("/"))).toEqual({ value: 4 });
    expect(value).toEqual({ "a/b": { "~": [1, 3] } } as never);
  });

  test("does not resolve inherited properties", () => {
    for (const pointer of ["/a/b/c", "/list/9", "/list/-", "/list/01", "/text/0", "/toString"])
      expect(take({ a: 1, list: [1], text: "x" }, pointerKeys(pointer))).toBeNull();
  });

  test("creates missing objects and replaces no other values", () => {
    const value: Record<string, unknown> = { text: "x", list: [{}] };
    expect(put(value, ["a", "b", "c"], 1)).toBe(true);
    expect(put(value, ["list", "0", "d"], 2)).toBe(true);
    expect([put(value, ["text", "b"], 1), put(value, ["list", "7"], 1), put(null, ["a"], 1)]).toEqual([
      false,
      false,
      false,
    ]);
    expect(value).toEqual({ text: "x", list: [{ d: 2 }], a: { b: { c: 1 } } });
  });
});

test("a value of a single placeholder keeps its type, is omitted if absent, and belongs to its exchange", () => {
  const set = {
    "/roles": "{claim.roles}",
    "/text": "as {claim.roles}",
    "/none": "{claim.none}",
    "/in": { a: ["{param.x}"] },
  };
  const change = compileBodyChanges({ ...none, set });
  const roles = ["admin"];
  const exchange = { params: { x: "1" }, principal: { claims: { roles } } } as never;
  const [one, two] = [{ roles: [] as string[] }, {}];
  expect([change(one, exchange), change(two, exchange)]).toEqual([[], []]);
  expect(one).toEqual({ roles: ["admin"], text: 'as ["admin"]', in: { a: ["1"] } } as never);
  one.roles.push("forged");
  expect([roles, two]).toEqual([["admin"], { roles: ["admin"], text: 'as ["admin"]', in: { a: ["1"] } }]);
});

test("a pointer to an object's prototype is refused at load", () => {
  const policies = [
    { type: "transform", request: { body: { set: { "/a/__proto__/b": 1 } } } },
    { type: "respond" },
  ];
  const result = checkConfig({ version: 1, routes: [{ id: "r", match: { path: "/" }, policies }] });
  expect(result.ok ? [] : result.issues.map(({ message }) => message)).toEqual([
    "/a/__proto__/b is not a path in a JSON body",
  ]);
});
