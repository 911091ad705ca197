import { afterAll, beforeAll, expect, test } from "bun:test";
import { addKey } from "@libs/auth/platform";
import { adminCredentials, newApiKey } from "@libs/auth/testing";
import { type AccessGateway, startAccessGateway } from "../../../test/support/access-gateway.ts";

const known = { type: "authenticate", with: ["partners", "platform"] };
const route = (id: string, authorize: object) => ({
  id,
  match: { path: `/${id}` },
  service: "echo",
  policies: [known, { type: "authorize", ...authorize }],
});
let running: AccessGateway;
let key = "";
/** Of somebody with more scopes than a loop runs over. */
let longKey = "";
beforeAll(async () => {
  running = await startAccessGateway(() => ({
    identity: { partners: { type: "api-key" }, platform: { type: "local" } },
    roles: {
      viewer: { permissions: ["carts:read"] },
      writer: { permissions: ["carts:write"] },
      customer: { permissions: ["pages:*"], inherits: ["viewer"] },
    },
    routes: [
      route("role", { roles: ["admin", "customer"] }),
      route("no-role", { roles: ["admin"] }),
      route("scope", { scopes: ["events:write"] }),
      route("no-scope", { scopes: ["events:write", "events:delete"] }),
      route("permission", { permissions: ["carts:read", "pages:home"] }),
      route("no-permission", { permissions: ["carts:write"] }),
      route("rule", {
        rules: [
          'method in ["GET"] && claim.owner == subject && claim.plan == "gold"',
          "roles.exists(r, r == 'customer')",
        ],
      }),
      route("no-rule", { rules: ["claim.missing == 'x'"] }),
      route("not-missing", { rules: ["!has(claim.missing) && tenant == 't1' && ip != ''"] }),
      {
        id: "nobody",
        match: { path: "/nobody" },
        service: "echo",
        policies: [
          { ...known, anonymous: true },
          { type: "authorize", rules: ["true"] },
        ],
      },
    ],
  }));
  const context = { sql: running.sql, auth: running.auth, now: running.clock.now, actor: "test" };
  const partner = newApiKey({
    roles: ["customer"],
    scopes: ["events:write"],
    tenantId: "t1",
    plan: "gold",
  });
  ({ key } = await addKey(context, partner));
  const scopes = Array.from({ length: 1001 }, (_, index) => index.toString(36));
  ({ key: longKey } = await addKey(context, { ...partner, scopes }));
});
afterAll(() => running.close());

const get = (path: string) => fetch(running.url(path), { headers: { "x-api-key": key } });

test("roles, scopes, inherited permissions and rules admit callers that have them", async () => {
  for (const path of ["/role", "/scope", "/permission", "/rule", "/not-missing"]) {
    expect([path, (await get(path)).status]).toEqual([path, 200]);
    expect([path, (await get(path)).status]).toEqual([path, 200]);
  }
});

test("and callers that lack them get 403, also if a claim is missing", async () => {
  for (const path of ["/no-role", "/no-scope", "/no-permission", "/no-rule"]) {
    expect([path, (await get(path)).status]).toEqual([path, 403]);
  }
});

test("a rule refuses callers whose claims exceed its loop limit, and logs it", async () => {
  const headers = { "x-api-key": longKey };
  expect((await fetch(running.url("/no-rule"), { headers })).status).toBe(403);
  expect((await fetch(running.url("/rule"), { headers })).status).toBe(403);
  const line = running.log.lines.find(({ reason }) => reason === "too_large");
  expect(line).toMatchObject({ security: "access_denied", route: "rule" });
});

test("a missing scope is reported as in RFC 6750 to a caller with a token, and without a challenge to one with an API key", async () => {
  const { accessToken } = await running.auth.sessions.login(adminCredentials, { address: "", userAgent: "" });
  const byToken = await fetch(running.url("/no-scope"), {
    headers: { authorization: `Bearer ${accessToken}` },
  });
  expect(byToken.headers.get("www-authenticate")).toBe(
    'Bearer realm="cartway", error="insufficient_scope", scope="events:write events:delete"',
  );
  const byKey = await get("/no-scope");
  expect([byToken, byKey].map(({ status }) => status)).toEqual([403, 403]);
  expect(byKey.headers.get("www-authenticate")).toBeNull();
  expect(await Promise.all([byToken, byKey].map((one) => one.json()))).toMatchObject([
    { error: { message: "The token does not have the required scopes." } },
    { error: { message: "The caller does not have the required scopes." } },
  ]);
  expect((await get("/no-role")).headers.get("www-authenticate")).toBeNull();
});

test("an anonymous caller gets 401", async () => {
  expect((await fetch(running.url("/nobody"))).status).toBe(401);
});
