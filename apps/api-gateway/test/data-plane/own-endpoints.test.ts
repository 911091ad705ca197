import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { serviceAt, startGateway, startGatewayTo } from "../support/start-gateway.ts";
import { startUpstream } from "../support/upstreams/start-upstream.ts";

describe("the demo shop", () => {
  const site = readdirSync(join(import.meta.dir, "../../src/demo/site"));
  const files = ["", ...site.filter((name) => name !== "index.html").map((name) => `/${name}`)];

  test.each(files)("/demo%s is served with a policy that blocks foreign content", async (path) => {
    await using gateway = await startGateway({}, { demo: { idleMs: 1000 } });
    const response = await fetch(`${gateway.url}/demo${path}`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect((await response.text()).length).toBeGreaterThan(100);
  });

  test("tells its page when a cart counts as abandoned", async () => {
    await using gateway = await startGateway({}, { demo: { idleMs: 1000 } });
    expect(await (await fetch(`${gateway.url}/demo/config.json`)).json()).toEqual({
      idleMs: 1000,
      path: "/ws",
    });
  });

  test.each(["/demo/..%2fdemo-routes.ts", "/demo/site/index.html"])(
    "%s is not one of its files",
    async (path) => {
      await using gateway = await startGateway({}, { demo: { idleMs: null } });
      expect((await fetch(gateway.url + path)).status).toBe(404);
    },
  );

  test("is where / redirects to, unless a route serves it", async () => {
    await using gateway = await startGateway({}, { demo: { idleMs: 1000 } });
    const answer = await fetch(gateway.url, { redirect: "manual" });
    expect([answer.status, answer.headers.get("location")]).toEqual([302, "/demo"]);
    const routes = [{ id: "home", match: { path: "/" }, policies: [{ type: "respond", body: "home" }] }];
    await using routed = await startGateway({ routes }, { demo: { idleMs: 1000 } });
    expect(await (await fetch(routed.url)).text()).toBe("home");
  });

  test.each(["/demo", "/"])("%s is 404 unless the demo is enabled", async (path) => {
    await using gateway = await startGateway({});
    expect((await fetch(gateway.url + path)).status).toBe(404);
  });
});

describe("the access log", () => {
  test("has one line per request with caller, target and outcome, without the query", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGateway({
      server: { accessLog: { sampleRatio: 1 } },
      services: { api: serviceAt(upstream.url) },
      routes: [{ id: "all", match: { path: "/*" }, service: "api" }],
    });
    await fetch(`${gateway.url}/logged?token=hunter2`, { headers: { host: "shop.test" } });
    const lines = gateway.log.lines.filter(({ path }) => path === "/logged");
    expect(lines).toMatchObject([
      {
        message: "request",
        method: "GET",
        host: "shop.test",
        route: "all",
        service: "api",
        clientIp: "127.0.0.1",
        status: 200,
      },
    ]);
    expect(gateway.log.text()).not.toContain("hunter2");
  });

  test("has no lines for successes with sampling at 0", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url);
    await fetch(`${gateway.url}/quiet`);
    expect(gateway.log.text()).not.toContain("/quiet");
  });
});

describe("the gateway's metrics", () => {
  test("count requests by route, service and status, and none remains in flight", async () => {
    await using upstream = startUpstream(
      (_request, { path }) => new Response(null, { status: path === "/bad" ? 500 : 200 }),
    );
    await using gateway = await startGatewayTo(upstream.url);
    for (const path of ["/", "/", "/bad"]) await (await fetch(gateway.url + path)).text();
    const metrics = await gateway.metrics.render();
    const series = (status: number): string =>
      `cartway_gateway_requests_total{route="all",service="api",status="${status}"}`;
    expect(metrics).toContain(`${series(200)} 2`);
    expect(metrics).toContain(`${series(500)} 1`);
    expect(metrics).toContain('cartway_gateway_requests_in_flight{route="all",service="api"} 0');
    expect(metrics).toContain('cartway_upstream_attempts_total{service="api",outcome="answered"} 3');
  });
});

test("a path without a route is 404, and lists the nearest routes if configured", async () => {
  const routes = [{ id: "carts", match: { path: "/carts/{id}" }, policies: [{ type: "respond" }] }];
  await using quiet = await startGateway({ routes });
  const plain = await fetch(`${quiet.url}/cart/7`);
  expect(await plain.text()).not.toContain("carts");
  await using open = await startGateway({ routes, server: { explainNotFound: true } });
  const told = await fetch(`${open.url}/cart/7`);
  expect([plain.status, told.status]).toEqual([404, 404]);
  expect(await told.json()).toMatchObject({
    error: {
      code: "not_found",
      details: { nearest: [{ route: "carts", failed: "path", expected: "/carts/{id}", actual: "/cart/7" }] },
    },
  });
});
