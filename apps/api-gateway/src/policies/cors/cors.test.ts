import { expect, test } from "bun:test";
import { checkedConfig, startGatewayTo } from "../../../test/support/start-gateway.ts";
import { startUpstream } from "../../../test/support/upstreams/start-upstream.ts";
import { explainRequest } from "../../explain/explain-request.ts";
import { createOfflineSnapshot } from "../../explain/offline-snapshot.ts";

const origin = "https://shop.test";
const policies = [{ type: "cors", origins: [origin], privateNetwork: true }];

test("CORS headers of the service itself are removed", async () => {
  const headers = {
    "access-control-allow-origin": "*",
    "access-control-allow-credentials": "true",
    "access-control-expose-headers": "x-secret",
    vary: "accept, origin",
  };
  await using upstream = startUpstream(() => new Response("ok", { headers }));
  await using gateway = await startGatewayTo(upstream.url, { policies });
  for (const [from, allowed] of [
    ["https://evil.test", null],
    [origin, origin],
  ] as const) {
    const answer = await fetch(gateway.url, { headers: { origin: from } });
    expect(answer.headers.get("access-control-allow-origin")).toBe(allowed);
    expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
    expect(answer.headers.get("access-control-expose-headers")).toBeNull();
    expect(answer.headers.get("vary")).toBe("accept, origin");
  }
});

test("private network access is granted if configured, to allowed origins only", async () => {
  await using gateway = await startGatewayTo("http://127.0.0.1:1", { policies });
  const ask = (from: string) =>
    fetch(gateway.url, {
      method: "OPTIONS",
      headers: {
        origin: from,
        "access-control-request-method": "GET",
        "access-control-request-private-network": "true",
      },
    });
  expect((await ask(origin)).headers.get("access-control-allow-private-network")).toBe("true");
  expect((await ask("https://evil.test")).headers.get("access-control-allow-private-network")).toBeNull();
});

test("a cached response is never readable by a page of another origin", async () => {
  await using upstream = startUpstream(
    () => new Response("ok", { headers: { "cache-control": "max-age=60" } }),
  );
  const both = [{ type: "cors", origins: [origin, "https://other.test"] }, { type: "cache" }];
  await using gateway = await startGatewayTo(upstream.url, { policies: both });
  for (const from of [origin, "https://other.test"]) {
    const answer = await fetch(gateway.url, { headers: { origin: from } });
    expect(answer.headers.get("access-control-allow-origin")).toBe(from);
  }
  expect(upstream.seen.all).toHaveLength(1);
});

const preflightFor = (method: string) => ({
  method: "OPTIONS",
  headers: { origin, "access-control-request-method": method },
});

test("without methods of its own, pages may use those that the route takes, and no other", async () => {
  await using gateway = await startGatewayTo("http://127.0.0.1:1", {
    match: { path: "/*", methods: ["PUT", "DELETE"] },
    policies,
  });
  const put = await fetch(gateway.url, preflightFor("PUT"));
  expect(put.status).toBe(204);
  expect(put.headers.get("access-control-allow-methods")).toBe("PUT");
  expect((await fetch(gateway.url, preflightFor("PATCH"))).status).toBe(405);
});

test("explain tells a preflight whose method pages may not use, and what they may", async () => {
  const config = checkedConfig({
    routes: [
      {
        id: "shop",
        match: { path: "/*" },
        policies: [{ type: "cors", origins: [origin], methods: ["GET", "POST"] }, { type: "respond" }],
      },
    ],
  });
  const { snapshot } = createOfflineSnapshot(config, {});
  const { method, headers } = preflightFor("PUT");
  const asked = { method, url: "/", headers: Object.entries(headers), peerIp: "127.0.0.1", caller: null };
  const { policies: decisions } = await explainRequest(snapshot, asked);
  expect(decisions[0]).toMatchObject({
    inputs: { method: "PUT", methodAllowed: false },
    counterfactual: "a method of GET, POST",
  });
});
