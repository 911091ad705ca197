import { afterAll, beforeAll, expect, test } from "bun:test";
import { addKey } from "@libs/auth/platform";
import { newApiKey } from "@libs/auth/testing";
import { sendRaw } from "@libs/testing";
import { type AccessGateway, startAccessGateway } from "../../../test/support/access-gateway.ts";

const known = { type: "authenticate", with: ["partners"], anonymous: true };
const route = (id: string, path: string, tenant: object) => ({
  id,
  match: { path },
  service: "echo",
  policies: [known, { type: "tenant", known: ["t1", "t2"], ...tenant }],
});
let running: AccessGateway;
const keys: Record<string, string> = {};
beforeAll(async () => {
  running = await startAccessGateway(() => ({
    identity: { partners: { type: "api-key" } },
    routes: [
      route("granted", "/granted", {}),
      route("optional", "/optional", { required: false }),
      route("path", "/shops/{shop}", { parameter: "shop", header: "x-shop", crossTenantRoles: ["admin"] }),
      route("host", "/host", { host: "{tenant}.shop.test", anonymous: true }),
    ],
  }));
  const context = { sql: running.sql, auth: running.auth, now: running.clock.now, actor: "test" };
  keys["member"] = (await addKey(context, newApiKey({ tenantId: "t1" }))).key;
  keys["admin"] = (await addKey(context, newApiKey({ roles: ["admin"] }))).key;
});
afterAll(() => running.close());

async function ask(
  path: string,
  who: string | null,
  headers: Record<string, string> = {},
): Promise<string | number> {
  running.echo.seen.length = 0;
  const key = who === null ? {} : { "x-api-key": keys[who] ?? "" };
  const { status } = await fetch(running.url(path), { headers: { ...key, ...headers } });
  return status === 200 ? (running.echo.seen[0]?.headers["x-tenant-id"] ?? "none") : status;
}

test("the request's tenant is the identity's", async () => {
  expect(await ask("/granted", "member")).toBe("t1");
  expect(await ask("/granted", "admin")).toBe(403);
  expect(await ask("/optional", "admin")).toBe("none");
});

test("a named tenant must be granted, known, and the same wherever it is named", async () => {
  expect(await ask("/shops/t1", "member")).toBe("t1");
  expect(await ask("/shops/t2", "member")).toBe(403);
  expect(await ask("/shops/t2", "admin")).toBe("t2");
  expect(await ask("/shops/t9", "admin")).toBe(403);
  expect(await ask("/shops/t1", "member", { "x-shop": "t2" })).toBe(403);
  expect(await ask("/shops/t1", "member", { "x-shop": "t1" })).toBe("t1");
  expect(await ask("/shops/t1", null)).toBe(403);
});

test("a service gets the header that names the tenant in no spelling that was not checked", async () => {
  expect(await ask("/shops/t1", "member", { "x-shop": "t1", x_shop: "t2", "x.shop": "t2" })).toBe("t1");
  const headers = running.echo.seen[0]?.headers ?? {};
  expect(Object.keys(headers).filter((name) => name.endsWith("shop"))).toEqual(["x-shop"]);
});

test("anonymous callers get the host's tenant, members only their own", async () => {
  expect(await ask("/host", null, { host: "t2.shop.test" })).toBe("t2");
  expect(await ask("/host", "member", { host: "t1.shop.test" })).toBe("t1");
  expect(await ask("/host", "member", { host: "t2.shop.test" })).toBe(403);
  expect(await ask("/host", null, { host: "a.t2.shop.test" })).toBe(403);
  expect(await ask("/host", null, { host: "shop.test" })).toBe(403);
  expect(await ask("/host", null, { host: "t2.shop.test.evil" })).toBe(403);
});

test.each(["T2.SHOP.TEST", "t2.shop.test.", "t2.shop.test:8080", "T2.shop.Test.:1"])(
  "a host determines one tenant in every spelling: %s",
  async (host) => {
    expect(await askRaw(host)).toBe("t2");
    expect(await ask("/host", "member", { host })).toBe(403);
  },
);

test.each([
  ["t2.shop.test..", 403],
  ["t1.t2.shop.test", 403],
  ["t2%2eshop.test", 400],
  ["x@t2.shop.test", 400],
  ["t2.shop.test:99999", 400],
  ["t2.shop.test, t1.shop.test", 400],
  ["t2.shop.test/..", 400],
  ["t2.shop.test\\", 400],
])("and none if the host is unknown: %s", async (host, status) => {
  expect(await askRaw(host)).toBe(status);
});

/** The tenant in the service's request, or the status of the refusal. */
async function askRaw(host: string): Promise<string | number> {
  running.echo.seen.length = 0;
  const request = `GET /host HTTP/1.1\r\nHost: ${host}\r\nX-Tenant-Id: t1\r\nConnection: close\r\n\r\n`;
  const { status } = await sendRaw(running.port, request);
  return running.echo.seen[0]?.headers["x-tenant-id"] ?? status;
}

test("requests are counted by tenant, and refused ones without a tenant", async () => {
  const counted = async (): Promise<readonly string[]> =>
    (await running.metrics.render())
      .split("\n")
      .filter((line) => line.startsWith("cartway_tenant_requests_total{"));
  const before = await counted();
  await ask("/granted", "member");
  await ask("/shops/t9", "admin");
  const after = await counted();
  const [line = ""] = after.filter((each) => !before.includes(each));
  expect(line).toMatch(/^cartway_tenant_requests_total\{tenant="t1"\} \d+$/);
  expect(after.some((each) => each.includes("t9"))).toBe(false);
});
