import { describe, expect, test } from "bun:test";
import { sendRaw } from "@libs/testing";
import { checkConfig } from "../../src/config/check-config.ts";
import { errorOf } from "../support/error-of.ts";
import { serviceAt, startGateway, startGatewayTo } from "../support/start-gateway.ts";
import { startUpstream } from "../support/upstreams/start-upstream.ts";

const origin = "https://shop.test";
const preflight = { origin, "access-control-request-method": "POST" };

describe("cors", () => {
  const cors = { type: "cors", origins: [origin, "https://*.shops.test"], methods: ["GET", "POST"] };

  test("a preflight is answered by the gateway, whatever credentials the route requires", async () => {
    await using upstream = startUpstream();
    const policies = [
      { type: "ip-rules", allow: ["127.0.0.1"] },
      { ...cors, credentials: true, maxAgeSeconds: 60 },
    ];
    const match = { path: "/*", methods: ["POST"] };
    await using gateway = await startGatewayTo(upstream.url, { match, policies });
    const response = await fetch(gateway.url, { method: "OPTIONS", headers: preflight });
    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "access-control-allow-origin": origin,
      "access-control-allow-methods": "GET, POST",
      "access-control-allow-headers": "authorization, content-type",
      "access-control-allow-credentials": "true",
      "access-control-max-age": "60",
    });
    expect(response.headers.get("vary")).toContain("Origin");
    expect(upstream.seen.all).toEqual([]);
  });

  test("a preflight on a route without the policy is left to the service, or is 405", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url, { match: { path: "/*", methods: ["POST"] } });
    const response = await fetch(gateway.url, { method: "OPTIONS", headers: preflight });
    expect(response.status).toBe(405);
  });

  test.each([
    ["https://shop.test", true],
    ["https://eu.shops.test", true],
    ["https://shops.test", false],
    ["http://eu.shops.test", false],
    ["https://evilshops.test", false],
    ["https://shop.test.evil.test", false],
    ["null", false],
  ])("a response to origin %s carries CORS headers: %p", async (from, isAllowed) => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url, {
      policies: [{ ...cors, exposedHeaders: ["etag"] }],
    });
    for (const method of ["GET", "OPTIONS"]) {
      const asked = method === "OPTIONS" ? { ...preflight, origin: from } : { origin: from };
      const { headers } = await fetch(gateway.url, { method, headers: asked });
      expect(headers.get("access-control-allow-origin")).toBe(isAllowed ? from : null);
      expect(headers.get("vary")).toContain("Origin");
    }
  });

  test("the gateway's own errors carry CORS headers too, so that pages can read them", async () => {
    await using gateway = await startGatewayTo("http://nobody.invalid:80", {
      policies: [{ ...cors, credentials: true, exposedHeaders: ["x-request-id"] }],
    });
    const response = await fetch(gateway.url, { headers: { origin } });
    expect(response.status).toBe(502);
    expect(response.headers.get("access-control-allow-origin")).toBe(origin);
    expect(response.headers.get("access-control-allow-credentials")).toBe("true");
    expect(response.headers.get("access-control-expose-headers")).toBe("x-request-id");
  });

  test("* allows every origin without Vary; combined with credentials it is refused at load", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url, {
      policies: [{ type: "cors", origins: ["*"] }],
    });
    // a browser that has the answer to a request without an origin gives it to pages that ask with one
    for (const asked of [{ origin: "https://anyone.test" }, {}]) {
      const { headers } = await fetch(gateway.url, { headers: asked });
      expect(headers.get("access-control-allow-origin")).toBe("*");
      expect(headers.get("vary")).toBeNull();
    }

    const checked = checkConfig({
      version: 1,
      services: { api: serviceAt("http://a") },
      routes: [
        {
          id: "all",
          match: { path: "/*" },
          service: "api",
          policies: [{ type: "cors", origins: ["*"], credentials: true }],
        },
      ],
    });
    expect(checked).toMatchObject({ ok: false, issues: [{ path: "/routes/0/policies/0/origins" }] });
  });
});

describe("redirect", () => {
  const redirecting = (policy: object, path: string) =>
    startGateway({ routes: [{ id: "moved", match: { path }, policies: [{ type: "redirect", ...policy }] }] });

  test.each([
    ["/new/{id}", "/old/{id}", "/old/7?a=1", "/new/7?a=1"],
    ["https://shop.test/p?id={id}", "/old/{id}", "/old/7?a=1", "https://shop.test/p?id=7&a=1"],
    ["/new/{id}", "/old/{id}", "/old/a%2F..%2Fb", "/new/a%2F..%2Fb"],
    ["https://shop.test/#/items/{id}", "/old/{id}", "/old/7?a=1", "https://shop.test/?a=1#/items/7"],
    ["/app#/start?tab=1", "/old", "/old?a=1", "/app?a=1#/start?tab=1"],
    ["https://{id}.shop.test/", "/old/{id}", "/old/evil.test%2F", "https://evil.test%2F.shop.test/"],
  ])("to %s from %s redirects %s to %s", async (to, path, asked, expected) => {
    await using gateway = await redirecting({ to }, path);
    const response = await fetch(gateway.url + asked, { redirect: "manual" });
    expect([response.status, response.headers.get("location")]).toEqual([308, expected]);
  });

  test.each([
    ["https://www.shop.test{request.path}", {}, "/a%20b/c?x=1", "https://www.shop.test/a%20b/c?x=1"],
    ["https://www.shop.test{request.path}", {}, "/", "https://www.shop.test/"],
    ["https://www.shop.test{request.path}", {}, "//evil.test/..//x", "https://www.shop.test/x"],
    [
      "https://www.shop.test{request.path}",
      {},
      "/{request.path}",
      "https://www.shop.test/%7Brequest.path%7D",
    ],
    ["https://id.test/?next={request.path}", {}, "/a/b?x=1", "https://id.test/?next=%2Fa%2Fb&x=1"],
    ["https://new.test{request.path}", { addPrefix: "/v2" }, "/a", "https://new.test/v2/a"],
  ])("to %s with the path rewritten by %j redirects %s to %s", async (to, path, asked, expected) => {
    const policies = [{ type: "redirect", to }];
    await using gateway = await startGateway({
      routes: [{ id: "all", match: { path: "/*" }, path, policies }],
    });
    const answer = await sendRaw(
      gateway.port,
      `GET ${asked} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    );
    expect(answer.headers["location"]).toBe(expected);
  });

  test("from a prefix to another one keeps the rest of the path", async () => {
    const path = { stripPrefix: "/old", addPrefix: "/new" };
    const policies = [{ type: "redirect", to: "https://shop.test{request.path}" }];
    await using gateway = await startGateway({
      routes: [{ id: "moved", match: { path: "/old/*" }, path, policies }],
    });
    const response = await fetch(`${gateway.url}/old/7?a=1`, { redirect: "manual" });
    expect(response.headers.get("location")).toBe("https://shop.test/new/7?a=1");
  });

  test("drops the query if configured", async () => {
    await using gateway = await redirecting({ to: "/new", keepQuery: false, status: 302 }, "/old");
    const response = await fetch(`${gateway.url}/old?secret=1`, { redirect: "manual" });
    expect([response.status, response.headers.get("location")]).toEqual([302, "/new"]);
  });
});

describe("respond", () => {
  const responding = (policy: object) =>
    startGateway({
      routes: [{ id: "own", match: { path: "/own" }, policies: [{ type: "respond", ...policy }] }],
    });

  test("answers with its status, type and body without calling a service", async () => {
    await using gateway = await responding({
      status: 418,
      contentType: "text/plain",
      body: "short and stout",
    });
    const response = await fetch(`${gateway.url}/own`);
    expect(response.status).toBe(418);
    expect(response.headers.get("content-type")).toBe("text/plain");
    expect(await response.text()).toBe("short and stout");
  });

  test("has neither body nor type with 204", async () => {
    await using gateway = await responding({ status: 204, body: "ignored" });
    const response = await fetch(`${gateway.url}/own`);
    expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([
      204,
      null,
      "",
    ]);
  });
});

describe("transform", () => {
  test("removes, sets and adds in this order, with values of the request", async () => {
    await using upstream = startUpstream(
      () => new Response("ok", { headers: { server: "inner/1", "x-old": "1" } }),
    );
    const request = {
      remove: ["user-agent"],
      set: {
        "x-shop": "{param.shop}",
        "x-told": "{request.method} {request.path} {request.host} {request.ip} {request.id}",
        "x-literal": "{word} {param} plain",
      },
      add: { "x-many": "second" },
    };
    const response = { remove: ["server"], set: { "x-old": "2" }, add: { "x-route": "shops" } };
    await using gateway = await startGatewayTo(upstream.url, {
      match: { path: "/shops/{shop}" },
      policies: [{ type: "transform", request, response }],
    });
    const answer = await fetch(`${gateway.url}/shops/a%20b`, {
      headers: { host: "shop.test", "x-request-id": "request-1", "x-many": "first", "x-shop": "forged" },
    });
    const { headers } = await upstream.seen.next();
    expect(headers.get("x-shop")).toBe("a b");
    expect(headers.get("x-told")).toBe("GET /shops/a%20b shop.test 127.0.0.1 request-1");
    expect(headers.get("x-literal")).toBe("{word} {param} plain");
    expect(headers.get("x-many")).toBe("first, second");
    expect([
      answer.headers.get("server"),
      answer.headers.get("x-old"),
      answer.headers.get("x-route"),
    ]).toEqual([null, "2", "shops"]);
  });

  test("a parameter cannot inject a header", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url, {
      match: { path: "/shops/{shop}" },
      policies: [{ type: "transform", request: { set: { "x-shop": "{param.shop}" } } }],
    });
    expect((await fetch(`${gateway.url}/shops/%C4%80x`)).status).toBe(200);
    expect((await upstream.seen.next()).headers.get("x-shop")).toBe("%C4%80x");
    const broken = await fetch(`${gateway.url}/shops/a%0D%0Ax-user-id:%201`);
    expect([broken.status, (await errorOf(broken)).code]).toEqual([400, "invalid_path"]);
  });

  test.each(["set", "add"])("that would %s identity headers is refused at load", (verb) => {
    const checked = checkConfig({
      version: 1,
      services: { api: serviceAt("http://a") },
      routes: [
        {
          id: "all",
          match: { path: "/*" },
          service: "api",
          policies: [{ type: "transform", request: { [verb]: { "x-user-id": "1" } } }],
        },
      ],
    });
    expect(checked).toMatchObject({
      ok: false,
      issues: [{ path: `/routes/0/policies/0/request/${verb}/x-user-id` }],
    });
  });
});
