import { afterAll, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { join } from "node:path";
import { parse } from "yaml";
import { basicOf, hashOf } from "../basic/start-basic.ts";
import { checkedConfig, serviceAt, startGateway } from "../support/start-gateway.ts";
import { startUpstream } from "../support/upstreams/start-upstream.ts";

const page = await Bun.file(join(import.meta.dir, "../../../../docs/coming-from.md")).text();
const secret = "shared-with-the-issuer-".repeat(3);

/** Answers as oauth2-proxy does: 202 with the user for a valid cookie, otherwise 401; and its own pages. */
const oauth2Proxy = startUpstream((request) => {
  const { pathname } = new URL(request.url);
  if (pathname !== "/oauth2/auth") return new Response(`the page ${pathname}`);
  if (request.headers.get("cookie") !== "_oauth2_proxy=ada") return new Response(null, { status: 401 });
  const headers = {
    "x-auth-request-user": "ada",
    "x-auth-request-groups": "ops",
    "x-auth-request-email": "ada@shop.test",
  };
  return new Response(null, { status: 202, headers });
});
const app = startUpstream((_request, { headers }) => Response.json(Object.fromEntries(headers)));

/** The page's own config, at the services of this test and behind its load balancer. */
async function start() {
  const [, text = ""] = /^```yaml\n(version: 1[^]*?)^```/m.exec(page) ?? [];
  const written: unknown = parse(text);
  const config = checkedConfig({
    ...Object(written),
    server: { trustedProxies: ["127.0.0.1"] },
    services: {
      orders: serviceAt(app.url),
      grafana: serviceAt(app.url),
      "oauth2-proxy": serviceAt(oauth2Proxy.url),
    },
  });
  return await startGateway(config, {
    env: { ORDERS_JWT_SECRET: secret, PROMETHEUS_HASH: await hashOf("scrape") },
  });
}

const running = await start();
afterAll(async () => {
  await running[Symbol.asyncDispose]();
  await oauth2Proxy[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(running.url + path, { headers, redirect: "manual" });

function tokenOf(subject: string, groups: readonly string[]): Record<string, string> {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const exp = Math.floor(Date.now() / 1000) + 600;
  const claims = { iss: "https://id.shop.example", aud: "orders", sub: subject, groups, exp };
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return {
    authorization: `Bearer ${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`,
  };
}

describe("the migrated config of nginx, Kong, Traefik or Envoy works as the page says:", () => {
  test("tokens with the group are accepted, others are not", async () => {
    expect((await get("/orders/1")).status).toBe(401);
    expect((await get("/orders/1", tokenOf("eve", ["buyers"]))).status).toBe(403);
    const let_in = await get("/orders/1", tokenOf("acme", ["sellers"]));
    expect(await let_in.json()).toMatchObject({ "x-user-id": "acme", "x-user-roles": "sellers" });
  });

  test("an address behind the load balancer is refused, whatever headers it sends", async () => {
    const from = (address: string) =>
      get("/orders/1", { ...tokenOf("bolt", ["sellers"]), "x-forwarded-for": address });
    expect((await from("203.0.113.9")).status).toBe(403);
    expect((await from("198.51.100.1, 203.0.113.9")).status).toBe(403);
    expect((await from("198.51.100.1")).status).toBe(200);
  });

  test("the limit is per caller, with both kinds of headers", async () => {
    const statuses: number[] = [];
    for (let count = 0; count < 6; count += 1)
      statuses.push((await get("/orders/1", tokenOf("many", ["sellers"]))).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
    const other = await get("/orders/1", tokenOf("another", ["sellers"]));
    expect([other.status, other.headers.get("x-ratelimit-limit")]).toEqual([200, "5"]);
    expect(other.headers.get("ratelimit")).toContain("r=4");
  });

  test("a browser is redirected to oauth2-proxy, whose pages are served, and the app learns the user", async () => {
    const browser = { accept: "text/html" };
    const away = await get("/grafana/d/1?from=now", browser);
    expect([away.status, away.headers.get("location")]).toEqual([
      302,
      "/oauth2/start?rd=%2Fgrafana%2Fd%2F1%3Ffrom%3Dnow",
    ]);
    expect(await (await get(away.headers.get("location") ?? "")).text()).toBe("the page /oauth2/start");
    const known = await get("/grafana/d/1", {
      ...browser,
      cookie: "_oauth2_proxy=ada",
      "x-auth-request-email": "root@shop.test",
    });
    expect(await known.json()).toMatchObject({ "x-user-id": "ada", "x-auth-request-email": "ada@shop.test" });
  });

  test("the scraper has its own password, which is valid for nothing else", async () => {
    expect((await get("/orders/metrics", { authorization: basicOf("prometheus:scrape") })).status).toBe(200);
    expect((await get("/orders/metrics", { authorization: basicOf("prometheus:wrong") })).status).toBe(401);
    expect((await get("/orders/metrics", tokenOf("acme", ["sellers"]))).status).not.toBe(200);
  });
});
