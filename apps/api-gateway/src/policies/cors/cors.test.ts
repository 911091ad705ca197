import { expect, test } from "bun:test";
import { startGatewayTo } from "../../../test/support/start-gateway.ts";
import { startUpstream } from "../../../test/support/start-upstream.ts";

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
