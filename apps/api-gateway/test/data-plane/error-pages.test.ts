import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { freePort, createTemporaryDirectory } from "@libs/testing";
import { explainRequest } from "../../src/explain/explain-request.ts";
import { createOfflineSnapshot } from "../../src/explain/offline-snapshot.ts";
import { checkedConfig, serviceAt, startGateway } from "../support/start-gateway.ts";

const browser = { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };
const page = "<h1>{error.status} {error.code}</h1><p>{error.message}</p><code>{error.requestId}</code>";

const service = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch({ url }) {
    const { pathname } = new URL(url);
    const headers = { etag: '"1"', "retry-after": "7", "content-type": "text/plain", "x-own": "1" };
    if (pathname.endsWith("/broken")) return new Response("at secret.ts:1:2", { status: 503, headers });
    if (pathname.endsWith("/missing")) return new Response("no such item", { status: 404 });
    return new Response("fine");
  },
});
afterAll(() => service.stop(true));

const dead = await freePort();

const config = (errorPages: object, more: object = {}) => ({
  server: { errorPages },
  services: { shop: serviceAt(service.url.origin), dead: serviceAt(`http://127.0.0.1:${dead}`) },
  routes: [
    { id: "shop", match: { path: "/shop/*", methods: ["GET"] }, service: "shop", ...more },
    { id: "dead", match: { path: "/dead" }, service: "dead" },
    {
      id: "closed",
      match: { path: "/shop/closed" },
      service: "shop",
      policies: [{ type: "respond", status: 503, body: "closed", contentType: "text/plain" }],
    },
    {
      id: "few",
      match: { path: "/few" },
      policies: [
        { type: "rate-limit", by: ["ip"], limit: 1, windowMs: 3_600_000 },
        { type: "respond", status: 503, body: "closed", contentType: "text/plain" },
      ],
    },
  ],
});

describe("the gateway's error pages", () => {
  test.each([
    ["no route", "/nowhere", {}, 404, "not_found"],
    ["no such method", "/shop/1", { method: "POST" }, 405, "method_not_allowed"],
    ["a path that is none", "/shop/%00", {}, 400, "invalid_path"],
    ["a service that is away", "/dead", {}, 502, "upstream_unreachable"],
  ])(
    "are sent to browsers for %s, while API clients get the envelope",
    async (_what, path, init, status, code) => {
      await using gateway = await startGateway(config({ html: { any: { text: page } } }));
      const seen = await fetch(gateway.url + path, { ...init, headers: browser });
      expect([seen.status, seen.headers.get("content-type")]).toEqual([status, "text/html; charset=utf-8"]);
      expect(seen.headers.get("vary")).toBe("Accept");
      const id = seen.headers.get("x-request-id") ?? "";
      const html = await seen.text();
      expect(html).toStartWith(`<h1>${status} ${code}</h1>`);
      expect(html).toEndWith(`<code>${id}</code>`);
      const api = await fetch(gateway.url + path, init);
      expect(api.headers.get("content-type")).toBe("application/json; charset=utf-8");
      expect(await api.json()).toMatchObject({ error: { code } });
      expect(api.headers.get("vary")).toBe("Accept");
    },
  );

  test("keep Retry-After and Allow, and are counted", async () => {
    await using gateway = await startGateway(config({ html: { "4xx": { text: page } } }));
    await fetch(`${gateway.url}/few`);
    const refused = await fetch(`${gateway.url}/few`, { headers: browser });
    expect(await refused.text()).toContain("429 rate_limited");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    const post = await fetch(`${gateway.url}/shop/1`, { method: "POST", headers: browser });
    expect(post.headers.get("allow")).toBe("GET, HEAD");
    expect(await gateway.metrics.render()).toContain('cartway_error_pages_total{route="few",status="429"} 1');
  });

  test("are not said to be compressed where the envelope that they replace was", async () => {
    const only = { type: "request-validation", query: { type: "object", additionalProperties: false } };
    const policies = [{ type: "compress", bytesMin: 0 }, only];
    await using gateway = await startGateway(config({ html: { any: { text: page } } }, { policies }));
    const many = Array.from({ length: 50 }, (_, index) => `name-${index}=1`).join("&");
    const ask = (headers: Record<string, string>) =>
      fetch(`${gateway.url}/shop/1?${many}`, { headers: { "accept-encoding": "gzip", ...headers } });
    expect((await ask({})).headers.get("content-encoding")).toBe("gzip");
    const seen = await ask(browser);
    expect(seen.headers.get("content-encoding")).toBeNull();
    expect(await seen.text()).toStartWith("<h1>422 validation_failed</h1>");
  });

  test("are chosen by status, then by class, then the default; without any, the envelope is sent", async () => {
    const html = { "404": { text: "not here" }, "5xx": { text: "our side" } };
    await using gateway = await startGateway(config({ html }));
    const ask = async (path: string, init: RequestInit = {}) =>
      await (await fetch(gateway.url + path, { ...init, headers: browser })).text();
    expect([await ask("/nowhere"), await ask("/dead")]).toEqual(["not here", "our side"]);
    expect(await ask("/shop/1", { method: "POST" })).toContain('"code":"method_not_allowed"');
  });

  test("do not replace responses of services and policies", async () => {
    await using gateway = await startGateway(config({ html: { any: { text: page } }, serviceErrors: false }));
    const ask = async (path: string) => await (await fetch(gateway.url + path, { headers: browser })).text();
    expect([await ask("/shop/broken"), await ask("/shop/missing"), await ask("/few")]).toEqual([
      "at secret.ts:1:2",
      "no such item",
      "closed",
    ]);
  });

  test("serviceErrors replaces the bodies of service failures for all callers, and no other responses", async () => {
    await using gateway = await startGateway(config({ html: { any: { text: page } }, serviceErrors: true }));
    const seen = await fetch(`${gateway.url}/shop/broken`, { headers: browser });
    expect(await seen.text()).toStartWith("<h1>503 service_failed</h1>");
    const api = await fetch(`${gateway.url}/shop/broken`);
    expect(api.status).toBe(503);
    expect(await api.json()).toMatchObject({ error: { code: "service_failed" } });
    const { headers } = api;
    expect([headers.get("retry-after"), headers.get("x-own"), headers.get("etag")]).toEqual(["7", "1", null]);
    expect(await (await fetch(`${gateway.url}/shop/missing`, { headers: browser })).text()).toBe(
      "no such item",
    );
    for (const path of ["/few", "/shop/closed"])
      expect(await (await fetch(gateway.url + path, { headers: browser })).text()).toBe("closed");
  });
});

test("a route's own pages take precedence over the gateway's, and other policies still see the response", async () => {
  const policies = [
    { type: "compress", bytesMin: 1 },
    { type: "cors", origins: ["https://shop.example"] },
    { type: "error-pages", html: { "5xx": { text: "the shop is away" } }, serviceErrors: true },
  ];
  await using gateway = await startGateway(config({ html: { any: { text: page } } }, { policies }));
  const seen = await fetch(`${gateway.url}/shop/broken`, {
    headers: { ...browser, origin: "https://shop.example" },
  });
  expect(await seen.text()).toBe("the shop is away");
  expect(seen.headers.get("access-control-allow-origin")).toBe("https://shop.example");
  expect(seen.headers.get("content-encoding")).toBeNull();
});

test("explain lists the statuses with pages, including those inherited from the gateway", async () => {
  const checked = checkedConfig(
    config({ html: { "404": { text: "" }, "5xx": { text: "" } }, serviceErrors: true }),
  );
  const { snapshot } = createOfflineSnapshot(checked, {});
  const asked = { method: "GET", url: "/shop/1", headers: [], peerIp: "127.0.0.1", caller: null };
  expect((await explainRequest(snapshot, asked)).policies).toMatchObject([
    { policy: "error-pages", verdict: "pass", inputs: { html: ["404", "5xx"], serviceErrors: true } },
  ]);
  await snapshot.retire();
});

test("a page file is read again with the config; a missing file leaves everything unchanged", async () => {
  await using directory = await createTemporaryDirectory();
  const file = join(directory.path, "404.html");
  await Bun.write(file, "first");
  const checked = config({ html: { "404": { file } } });
  await using gateway = await startGateway(checked);
  const ask = async () => await (await fetch(`${gateway.url}/nowhere`, { headers: browser })).text();
  const first = await ask();
  await Bun.write(file, "second");
  const before = await ask();
  const same = checkedConfig(checked);
  await gateway.gateway.reload(same);
  const after = await ask();
  await Bun.file(file).delete();
  await expect(gateway.gateway.reload(same)).rejects.toThrow("cannot be read");
  expect([first, before, after, await ask()]).toEqual(["first", "first", "second", "second"]);
});
