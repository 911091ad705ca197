import { afterAll, beforeAll, expect, test } from "bun:test";
import { type AccessGateway, startAccessGateway } from "../../../test/support/access-gateway.ts";

const route = (id: string, rules: object) => ({
  id,
  match: { path: `/${id}` },
  service: "echo",
  policies: [{ type: "ip-rules", ...rules }],
});
let running: AccessGateway;
beforeAll(async () => {
  running = await startAccessGateway(() => ({
    server: { trustedProxies: ["127.0.0.1"] },
    routes: [
      route("deny", { deny: ["203.0.113.0/24", "2001:db8::/32"] }),
      route("allow", { allow: ["198.51.100.0/24", "::1"], deny: ["198.51.100.7"] }),
    ],
  }));
});
afterAll(() => running.close());

const status = async (path: string, client: string) =>
  (await fetch(running.url(path), { headers: { "x-forwarded-for": client } })).status;

test("a denied network is denied in every notation of its addresses", async () => {
  const spellings = [
    "203.0.113.9",
    "::ffff:203.0.113.9",
    "::FFFF:203.0.113.9",
    "::ffff:cb00:7109",
    "0:0:0:0:0:ffff:cb00:7109",
    "2001:db8::1",
    "2001:0DB8:0:0::1",
  ];
  for (const spelling of spellings)
    expect([spelling, await status("/deny", spelling)]).toEqual([spelling, 403]);
  expect(await status("/deny", "192.0.2.1")).toBe(200);
});

test("only allowed addresses pass, except those that are also denied", async () => {
  expect(await status("/allow", "198.51.100.8")).toBe(200);
  expect(await status("/allow", "::1")).toBe(200);
  expect(await status("/allow", "198.51.100.7")).toBe(403);
  expect(await status("/allow", "192.0.2.1")).toBe(403);
});

test("forged X-Forwarded-For entries are ignored", async () => {
  expect(await status("/allow", "198.51.100.8, 192.0.2.1")).toBe(403);
  expect(await status("/allow", "192.0.2.1, 198.51.100.8")).toBe(200);
});
