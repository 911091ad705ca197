import { afterAll, expect, test } from "bun:test";
import { serviceAt, startGateway } from "../support/start-gateway.ts";

const servers = ["plain", "gold", "mobile", "strangers"].map((name) =>
  Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response(name) }),
);
afterAll(() => Promise.all(servers.map((server) => server.stop(true))));

const [plain, gold, mobile, strangers] = servers.map((server) => serviceAt(server.url.origin));

const config = {
  server: { explainNotFound: true },
  services: { plain, gold, mobile, strangers },
  routes: [
    { id: "plain", match: { path: "/shop/*" }, service: "plain" },
    { id: "gold", match: { path: "/shop/*", cookies: { plan: { prefix: "gold-" } } }, service: "gold" },
    {
      id: "mobile",
      match: { path: "/shop/*", headers: { "user-agent": { glob: "*Mobile*" } } },
      service: "mobile",
    },
    {
      id: "strangers",
      match: { path: "/me", headers: { authorization: { present: false } } },
      service: "strangers",
    },
    { id: "only", match: { path: "/only", cookies: { session: { present: true } } }, service: "plain" },
  ],
};

test("requests are routed by their cookies and headers, over a real connection", async () => {
  await using gateway = await startGateway(config);
  const ask = async (path: string, headers: Record<string, string> = {}) =>
    await (await fetch(gateway.url + path, { headers })).text();
  const phone = { "user-agent": "Mozilla/5.0 (iPhone) Mobile/15E148" };
  expect(await ask("/shop/1")).toBe("plain");
  expect(await ask("/shop/1", { cookie: "a=1; plan=gold-7" })).toBe("gold");
  expect(await ask("/shop/1", phone)).toBe("mobile");
  // headers before cookies
  expect(await ask("/shop/1", { ...phone, cookie: "plan=gold-7" })).toBe("mobile");
  expect(await ask("/me")).toBe("strangers");
  expect(await ask("/only", { cookie: "session=s3cret" })).toBe("plain");
});

test("a 404 states what the nearest route required, without revealing credentials", async () => {
  await using gateway = await startGateway(config);
  const answer = await fetch(`${gateway.url}/me`, { headers: { authorization: "Bearer s3cret" } });
  const text = await answer.text();
  expect(answer.status).toBe(404);
  expect(text).not.toContain("s3cret");
  expect(JSON.parse(text).error.details.nearest[0]).toEqual({
    route: "strangers",
    failed: "headers",
    expected: "authorization: absent",
    actual: "another value",
  });
});
