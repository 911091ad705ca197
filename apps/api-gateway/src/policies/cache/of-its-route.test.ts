import { expect, test } from "bun:test";
import { checkedConfig, serviceAt, startGateway } from "../../../test/support/start-gateway.ts";
import { startUpstream } from "../../../test/support/upstreams/start-upstream.ts";

/** Answers with the path that it is asked for, which may be kept. */
const startShop = () =>
  startUpstream((_request, { path }) => new Response(path, { headers: { "cache-control": "max-age=600" } }));

const policies = [{ type: "cache", name: "shop" }];
const routeTo = (id: string, prefix: string, match: object = {}) => ({
  id,
  match: { path: "/*", ...match },
  service: "shop",
  path: { addPrefix: prefix },
  policies,
});

test("an answer in a cache that routes share is only of those that would have got it alike", async () => {
  await using shop = startShop();
  const beta = routeTo("beta", "/beta", { headers: { "x-beta": "1" } });
  const [usual, alike] = [routeTo("usual", "/v1"), routeTo("alike", "/v1", { headers: { "x-alike": "1" } })];
  await using gateway = await startGateway({
    services: { shop: serviceAt(shop.url) },
    routes: [beta, usual, alike],
  });
  const ask = async (headers: Record<string, string>) =>
    (await fetch(`${gateway.url}/a`, { headers })).text();
  expect(await ask({ "x-beta": "1" })).toBe("/beta/a");
  expect(await ask({})).toBe("/v1/a");
  expect(await ask({ "x-alike": "1" })).toBe("/v1/a");
  expect(shop.seen.all).toHaveLength(2);
});

test("a reload that changes how a route's answers come about asks for them again, any other keeps them", async () => {
  await using shop = startShop();
  const services = { shop: serviceAt(shop.url) };
  await using gateway = await startGateway({ services, routes: [routeTo("all", "/v1")] });
  const ask = async () => (await fetch(`${gateway.url}/a`)).text();
  expect(await ask()).toBe("/v1/a");
  const limited = {
    ...routeTo("all", "/v1"),
    policies: [{ type: "rate-limit", by: ["ip"], limit: 1000, windowMs: 1000 }, ...policies],
  };
  await gateway.gateway.reload(checkedConfig({ services, routes: [limited] }));
  expect([await ask(), shop.seen.all.length]).toEqual(["/v1/a", 1]);
  await gateway.gateway.reload(checkedConfig({ services, routes: [routeTo("all", "/v2")] }));
  expect(await ask()).toBe("/v2/a");
});

test("the answer of a policy is not kept: a redirect has all of its caller's query, of which the key may leave a part out", async () => {
  const redirect = { type: "redirect", to: "https://shop.test/" };
  const route = {
    id: "all",
    match: { path: "/*" },
    policies: [{ type: "cache", query: ["page"], defaultTtlSeconds: 600 }, redirect],
  };
  await using gateway = await startGateway({ routes: [route] });
  for (const query of ["?token=secret", "?token=other"]) {
    const { headers } = await fetch(`${gateway.url}/${query}`, { redirect: "manual" });
    expect(headers.get("location")).toBe(`https://shop.test/${query}`);
  }
});
