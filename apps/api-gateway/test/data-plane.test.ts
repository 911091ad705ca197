import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createEventLog, freePort, sendRaw } from "@libs/testing";
import { configOf, type DataPlaneGateway, startDataPlane } from "./support/data-plane-gateway.ts";

let upstream: Bun.Server<undefined>;
let running: DataPlaneGateway;
const left = createEventLog<true>();

/** Tells what it got, or does what the path says. */
async function serve(request: Request): Promise<Response> {
  const url = new URL(request.url);
  switch (url.pathname) {
    case "/no-content":
      return new Response(null, { status: 204 });
    case "/large":
      return new Response("x".repeat(300_000));
    case "/cookies": {
      const headers = new Headers({ connection: "x-hop", "x-hop": "1", "x-end": "2" });
      headers.append("set-cookie", "a=1");
      headers.append("set-cookie", "b=2");
      return new Response("ok", { headers });
    }
    case "/events": {
      request.signal.addEventListener("abort", () => left.push(true));
      const first = new ReadableStream({ start: (controller) => controller.enqueue("data: 1\n\n") });
      return new Response(first, { headers: { "content-type": "text/event-stream" } });
    }
    default:
      return Response.json({
        method: request.method,
        target: url.pathname + url.search,
        headers: Object.fromEntries(request.headers),
        body: await request.text(),
      });
  }
}

beforeAll(async () => {
  upstream = Bun.serve({ port: 0, idleTimeout: 60, fetch: serve });
  const dead = await freePort();
  const target = (port: number | undefined) => ({
    type: "static",
    targets: [{ url: `http://127.0.0.1:${port}` }],
  });
  running = await startDataPlane({
    server: { trustedProxies: [], accessLog: { sampleRatio: 1 } },
    services: {
      echo: { discovery: target(upstream.port) },
      dead: { discovery: target(dead) },
      half: {
        discovery: {
          type: "static",
          targets: [{ url: `http://127.0.0.1:${dead}` }, { url: `http://127.0.0.1:${upstream.port}` }],
        },
        retry: { attemptsMax: 2, backoff: { baseMs: 1, maxMs: 1 } },
      },
      slow: { discovery: target(upstream.port), timeouts: { connectMs: 10, firstByteMs: 20 } },
    },
    routes: [
      {
        id: "echo",
        match: { path: "/echo/*" },
        service: "echo",
        path: { stripPrefix: "/echo" },
        bodyBytesMax: 200_000,
      },
      {
        id: "template",
        match: { path: "/shops/{shop}/carts/{cart}" },
        service: "echo",
        path: { template: "/carts/{cart}/of/{shop}" },
      },
      { id: "own-host", match: { path: "/own-host" }, service: "echo", host: "target" },
      { id: "posts", match: { path: "/posts", methods: ["POST"] }, service: "echo" },
      { id: "dead", match: { path: "/dead" }, service: "dead" },
      { id: "half", match: { path: "/half" }, service: "half" },
      {
        id: "cors",
        match: { path: "/cors", methods: ["POST"] },
        service: "echo",
        policies: [
          {
            type: "cors",
            origins: ["https://*.shop.test"],
            methods: ["POST"],
            credentials: true,
            exposedHeaders: ["x-total"],
          },
        ],
      },
      {
        id: "moved",
        match: { path: "/old/{name}" },
        policies: [{ type: "redirect", to: "/new/{name}", status: 301 }],
      },
      {
        id: "fixed",
        match: { path: "/fixed" },
        policies: [{ type: "respond", status: 418, body: '{"tea":true}' }],
      },
      {
        id: "shaped",
        match: { path: "/shaped/{id}" },
        service: "echo",
        policies: [
          {
            type: "transform",
            request: {
              remove: ["x-secret"],
              set: { "x-cart": "{param.id}", "x-where": "{request.method} {request.path}" },
              add: { "x-more": "{claim.none}{x" },
            },
            response: { set: { "x-served-by": "cartway" }, remove: ["content-type"] },
          },
        ],
      },
    ],
  });
});

afterAll(async () => {
  await running.stop();
  await upstream.stop(true);
});

interface Echo {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function echo(path: string, init: RequestInit = {}): Promise<Echo> {
  const response = await fetch(running.url + path, init);
  expect(response.status).toBe(200);
  return (await response.json()) as Echo;
}

describe("a request reaches its service", () => {
  test("with method, query and body as they were, below the stripped prefix", async () => {
    const got = await echo("/echo/carts/7?a=1&b=%20", { method: "PUT", body: "hello" });
    expect(got).toMatchObject({ method: "PUT", target: "/carts/7?a=1&b=%20", body: "hello" });
    expect(got.headers["content-length"]).toBe("5");
    expect((await echo("/echo")).target).toBe("/");
  });

  test("with a body of any size below the limit, known length or not", async () => {
    const large = "y".repeat(150_000);
    expect((await echo("/echo/x", { method: "POST", body: large })).body).toBe(large);
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("in "));
        controller.enqueue(new TextEncoder().encode("pieces"));
        controller.close();
      },
    });
    expect((await echo("/echo/x", { method: "POST", body: stream })).body).toBe("in pieces");
  });

  test("with parameters in a path of its own, each still one segment", async () => {
    expect((await echo("/shops/a%2Fb/carts/c%20d")).target).toBe("/carts/c%20d/of/a%2Fb");
    expect((await echo("/shops/x/carts/%2E%2E%2Fadmin")).target).toBe("/carts/..%2Fadmin/of/x");
  });

  test("without what only the gateway may say, and without what ends with the connection", async () => {
    const { headers } = await echo("/echo/x", {
      headers: {
        "x-user-id": "admin",
        "x-tenant-id": "t",
        "x-forwarded-for": "6.6.6.6",
        "x-real-ip": "6.6.6.6",
        te: "trailers",
        "x-kept": "1",
      },
    });
    expect(headers["x-user-id"]).toBeUndefined();
    expect(headers["x-tenant-id"]).toBeUndefined();
    expect(headers["x-real-ip"]).toBeUndefined();
    expect(headers["te"]).toBeUndefined();
    expect(headers).toMatchObject({
      "x-kept": "1",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "http",
    });
    expect(headers["via"]).toMatch(/^1\.1 cartway-/);
  });

  test("without the fields that Connection names", async () => {
    const { body } = await sendRaw(
      running.port,
      "GET /echo/x HTTP/1.1\r\nHost: a.test\r\nX-Mine: 1\r\nConnection: close, x-mine\r\n\r\n",
    );
    expect(body).not.toContain("x-mine");
  });

  test("with its request id, which the answer carries too", async () => {
    const response = await fetch(`${running.url}/echo/x`, { headers: { "x-request-id": "my-request-0001" } });
    expect(response.headers.get("x-request-id")).toBe("my-request-0001");
    expect(((await response.json()) as Echo).headers["x-request-id"]).toBe("my-request-0001");
  });

  test("under the client's Host, or the target's own where the route says so", async () => {
    expect((await echo("/echo/x")).headers["host"]).toBe(`127.0.0.1:${running.port}`);
    expect((await echo("/own-host")).headers["host"]).toBe(`127.0.0.1:${upstream.port}`);
  });
});

describe("an answer reaches its client", () => {
  test("whole, large or small or none at all", async () => {
    expect((await (await fetch(`${running.url}/echo/large`)).text()).length).toBe(300_000);
    const none = await fetch(`${running.url}/echo/no-content`);
    expect([none.status, await none.text()]).toEqual([204, ""]);
    const head = await fetch(`${running.url}/echo/x`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  test("with each cookie on its own, and without fields of the other connection", async () => {
    const response = await fetch(`${running.url}/echo/cookies`);
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(response.headers.get("x-end")).toBe("2");
  });

  test("as it is written, and a client that leaves ends the work of the service", async () => {
    const reader = new AbortController();
    const response = await fetch(`${running.url}/echo/events`, { signal: reader.signal });
    const { value } = (await response.body?.getReader().read()) ?? {};
    expect(new TextDecoder().decode(value)).toBe("data: 1\n\n");
    reader.abort();
    await left.atLeast(1);
  });
});

describe("what cannot be served is an error in the envelope", () => {
  async function errorOf(path: string, init: RequestInit = {}) {
    const response = await fetch(running.url + path, init);
    const text = await response.text();
    expect(text).not.toContain("127.0.0.1");
    return {
      status: response.status,
      headers: response.headers,
      code: JSON.parse(text).error.code as string,
    };
  }

  test("a body beyond the route's limit, declared or found out", async () => {
    expect(await errorOf("/echo/x", { method: "POST", body: "z".repeat(200_001) })).toMatchObject({
      status: 413,
      code: "payload_too_large",
    });
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) });
    const chunked = await fetch(`${running.url}/echo/x`, { method: "POST", body: endless }).catch(() => null);
    expect(chunked?.ok ?? false).toBe(false);
  });

  test("a path that nobody serves, and one that is served for other methods", async () => {
    expect(await errorOf("/nothing")).toMatchObject({ status: 404, code: "not_found" });
    const wrong = await errorOf("/posts", { method: "DELETE" });
    expect(wrong).toMatchObject({ status: 405, code: "method_not_allowed" });
    expect(wrong.headers.get("allow")).toBe("POST");
  });

  test("a service that cannot be reached, without a word of where it is", async () => {
    expect(await errorOf("/dead")).toMatchObject({ status: 502, code: "upstream_unreachable" });
  });

  test("a path that no two parsers read alike", async () => {
    expect(await errorOf("/echo/a%00b")).toMatchObject({ status: 400, code: "invalid_path" });
  });

  test("a request that has passed this gateway before", async () => {
    const { headers } = await echo("/echo/x");
    expect(await errorOf("/echo/x", { headers: { via: headers["via"] ?? "" } })).toMatchObject({
      status: 508,
      code: "loop_detected",
    });
  });
});

test("a target that is down costs a second attempt, not the request", async () => {
  for (let round = 0; round < 6; round += 1) expect((await echo("/half")).target).toBe("/half");
  expect(await running.metrics.render()).toContain('cartway_upstream_retries_total{service="half"}');
});

test("even a POST goes to another target where nothing of it was sent", async () => {
  for (let round = 0; round < 4; round += 1) {
    expect((await fetch(`${running.url}/half`, { method: "POST", body: "x" })).status).toBe(200);
  }
});

describe("policies", () => {
  const preflight = {
    method: "OPTIONS",
    headers: { origin: "https://a.shop.test", "access-control-request-method": "POST" },
  };

  test("a preflight is answered by the gateway, for allowed origins with what they may do", async () => {
    const response = await fetch(`${running.url}/cors`, preflight);
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe("https://a.shop.test");
    expect(response.headers.get("access-control-allow-methods")).toBe("POST");
    expect(response.headers.get("access-control-allow-credentials")).toBe("true");
    expect(response.headers.get("vary")).toContain("Origin");
  });

  test("another origin gets no permission, not even the look of one", async () => {
    const headers = { ...preflight.headers, origin: "https://a.shop.test.evil.test" };
    expect(
      (await fetch(`${running.url}/cors`, { ...preflight, headers })).headers.get(
        "access-control-allow-origin",
      ),
    ).toBeNull();
  });

  test("an answer, also an error, carries the permission to read it", async () => {
    const response = await fetch(`${running.url}/cors`, {
      method: "POST",
      headers: { origin: "https://a.shop.test" },
    });
    expect(response.headers.get("access-control-allow-origin")).toBe("https://a.shop.test");
    expect(response.headers.get("access-control-expose-headers")).toBe("x-total");
    const refused = await fetch(`${running.url}/cors`, {
      method: "POST",
      headers: { origin: "https://a.shop.test" },
      body: "x".repeat(11_000_000),
    });
    expect(refused.status).toBe(413);
    expect(refused.headers.get("access-control-allow-origin")).toBe("https://a.shop.test");
  });

  test("a redirect keeps the query and cannot be led elsewhere by a parameter", async () => {
    const response = await fetch(`${running.url}/old/a%2F%2Fevil?x=1`, { redirect: "manual" });
    expect([response.status, response.headers.get("location")]).toEqual([301, "/new/a%2F%2Fevil?x=1"]);
  });

  test("a fixed answer needs no service", async () => {
    const response = await fetch(`${running.url}/fixed`);
    expect([response.status, await response.json()]).toEqual([418, { tea: true }]);
  });

  test("headers are shaped on the way in and out, with values of the request", async () => {
    const response = await fetch(`${running.url}/shaped/c%207`, { headers: { "x-secret": "s" } });
    const { headers } = (await response.json()) as Echo;
    expect(headers).toMatchObject({ "x-cart": "c 7", "x-where": "GET /shaped/c%207", "x-more": "{x" });
    expect(headers["x-secret"]).toBeUndefined();
    expect(response.headers.get("x-served-by")).toBe("cartway");
  });
});

describe("the gateway tells how it is", () => {
  test("a service that is down makes it degraded, by name and without its address", async () => {
    const response = await fetch(`${running.url}/health`);
    const text = await response.text();
    expect(response.status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      status: "degraded",
      services: { dead: { status: "down" }, echo: { status: "up" } },
    });
    expect(text).not.toContain("127.0.0.1");
  });

  test("one line of the access log tells who asked what and how it ended, without the query", async () => {
    await echo("/echo/logged?token=secret");
    const line = running.log.lines.find((candidate) => candidate["path"] === "/echo/logged");
    expect(line).toMatchObject({
      route: "echo",
      service: "echo",
      method: "GET",
      status: 200,
      clientIp: "127.0.0.1",
    });
    expect(JSON.stringify(line)).not.toContain("secret");
  });

  test("the demo shop is served with its files and nothing else", async () => {
    for (const path of ["/demo", "/demo/shop.css", "/demo/shop.js", "/demo/socket.js", "/demo/products.js"]) {
      const response = await fetch(running.url + path);
      expect([path, response.status]).toEqual([path, 200]);
      expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    }
    expect(await (await fetch(`${running.url}/demo/config.json`)).json()).toEqual({
      idleMs: 1000,
      path: "/ws",
    });
    expect((await fetch(`${running.url}/demo/..%2fdemo-routes.ts`)).status).toBe(404);
  });
});

test("a reload takes effect for new requests while one in flight ends on the config it began with", async () => {
  const release = Promise.withResolvers<void>();
  const arrived = createEventLog<true>();
  const slow = Bun.serve({
    port: 0,
    async fetch() {
      arrived.push(true);
      await release.promise;
      return new Response("old");
    },
  });
  const services = {
    slow: { discovery: { type: "static", targets: [{ url: `http://127.0.0.1:${slow.port}` }] } },
  };
  const own = await startDataPlane({
    services,
    routes: [{ id: "a", match: { path: "/a" }, service: "slow" }],
  });
  const inFlight = fetch(`${own.url}/a`);
  await arrived.atLeast(1);
  await own.gateway.reload(
    configOf({ routes: [{ id: "a", match: { path: "/a" }, policies: [{ type: "respond", body: "new" }] }] }),
  );
  expect(await (await fetch(`${own.url}/a`)).text()).toBe("new");
  release.resolve();
  expect(await (await inFlight).text()).toBe("old");
  own.gateway.reloadFailed();
  const text = await own.metrics.render();
  expect(text).toContain('cartway_config_reloads_total{outcome="applied"} 1');
  expect(text).toContain("cartway_config_last_reload_successful 0");
  await own.stop();
  await slow.stop(true);
});
