import { afterAll, describe, expect, test } from "bun:test";
import { adminCredentials, origin } from "@libs/auth/testing";
import { startAdminGateway, startAdminGatewayWithUsers } from "./start-admin.ts";

const admin = await startAdminGatewayWithUsers({
  identity: { platform: { type: "local" }, keys: { type: "api-key" } },
  routes: [
    {
      id: "known",
      match: { path: "/known" },
      policies: [
        { type: "authenticate", with: ["platform", "keys"] },
        { type: "respond", body: "{}" },
      ],
    },
  ],
});
afterAll(() => admin[Symbol.asyncDispose]());
const { auth } = admin.fixture;
const ana = { email: "ana@shop.test", password: "a fine password", roles: ["customer"] };
const login = (email: string, password: string) => auth.sessions.login({ email, password }, origin);
const known = async (headers: Record<string, string>) =>
  (await fetch(`${admin.url}/known`, { headers })).status;
const latestAct = async () => (await admin.ask("GET", "/audit?limit=1")).body.acts[0];
const logged = (verb: string) => admin.log.lines.findLast((line) => line["audit"] === verb);

describe("access to the admin port", () => {
  const asked = async (token: string) =>
    (await fetch(`${admin.adminUrl}/config`, { headers: { authorization: `Bearer ${token}` } })).status;

  test("is granted to users with the role admin, not to others, and not after the session has ended", async () => {
    const root = await login(adminCredentials.email, adminCredentials.password);
    expect(await asked(root.accessToken)).toBe(200);
    await admin.ask("POST", "/users", { ...ana, email: "viewer@shop.test", roles: ["customer"] });
    const viewer = await login("viewer@shop.test", ana.password);
    expect(await asked(viewer.accessToken)).toBe(403);
    expect(await asked(`${root.accessToken}x`)).toBe(401);
    const users = (await admin.ask("GET", "/users")).body.users;
    await admin.ask("POST", `/users/${users[0].id}/sessions/revoke`);
    expect(await asked(root.accessToken)).toBe(401);
  });

  test("is audited with the user's id", async () => {
    const root = await login(adminCredentials.email, adminCredentials.password);
    const answer = await fetch(`${admin.adminUrl}/users`, {
      method: "POST",
      headers: { authorization: `Bearer ${root.accessToken}`, "content-type": "application/json" },
      body: JSON.stringify({ ...ana, email: "made-by-root@shop.test" }),
    });
    expect(answer.status).toBe(201);
    expect((await latestAct()).actor).toBe(`user ${root.user.id}`);
  });
});

describe("users", () => {
  test("are created, listed in pages and changed; each change is audited and logged with before and after", async () => {
    const made = await admin.ask("POST", "/users", ana);
    expect(made).toMatchObject({
      status: 201,
      body: { email: ana.email, roles: ["customer"], disabled: false },
    });
    expect(await latestAct()).toMatchObject({
      actor: "the admin token",
      verb: "user.create",
      subject: made.body.id,
      before: null,
      after: made.body,
    });
    const first = (await admin.ask("GET", "/users?limit=1")).body;
    const rest = (await admin.ask("GET", `/users?after=${first.next}`)).body;
    expect([...first.users, ...rest.users].map(({ id }) => id)).toContain(made.body.id);
    expect(rest.next).toBeNull();

    const grant = await login(ana.email, ana.password);
    const bearer = { authorization: `Bearer ${grant.accessToken}` };
    expect(await known(bearer)).toBe(200);
    const path = `/users/${made.body.id}`;
    const changed = await admin.ask("PATCH", path, { disabled: true, tenantId: "t1" });
    expect(changed.body).toMatchObject({ disabled: true, tenantId: "t1", roles: ["customer"] });
    expect(await known(bearer)).toBe(401);
    expect(logged("user.edit")).toMatchObject({
      subject: made.body.id,
      before: { disabled: false },
      after: { disabled: true, tenantId: "t1" },
    });
    const password = "another password";
    await admin.ask("PATCH", path, { disabled: false, password, roles: ["operator"] });
    expect((await login(ana.email, password)).user.roles).toEqual(["operator"]);
    expect(JSON.stringify((await admin.ask("GET", "/audit")).body)).not.toContain(password);
    expect(admin.log.text()).not.toContain(password);
  });

  test.each([
    ["POST", "/users", { ...ana, roles: ["wizard"] }, 422],
    ["POST", "/users", { ...ana, password: "short" }, 422],
    ["POST", "/users", { ...ana, admin: true }, 422],
    ["POST", "/users", ana, 409],
    ["PATCH", `/users/${crypto.randomUUID()}`, { disabled: true }, 404],
    ["PATCH", "/users/none", { disabled: true }, 422],
    ["PATCH", `/users/${crypto.randomUUID()}`, {}, 422],
    ["GET", "/users?after=x", undefined, 422],
  ])("%s %s %j is refused", async (method, path, body, status) => {
    expect((await admin.ask(method, path, body)).status).toBe(status);
  });

  test("have roles, which are listed with their effective permissions", async () => {
    const { roles } = (await admin.ask("GET", "/roles")).body;
    const one = roles.find(({ id }: { id: string }) => id === "admin");
    expect(one.permissions.length).toBeGreaterThan(0);
  });
});

describe("sessions", () => {
  test("of a user are listed and ended, one or all, on every instance", async () => {
    const { id } = (await admin.ask("POST", "/users", { ...ana, email: "ben@shop.test" })).body;
    const grants = [await login("ben@shop.test", ana.password), await login("ben@shop.test", ana.password)];
    const bearers = grants.map(({ accessToken }) => ({ authorization: `Bearer ${accessToken}` }));
    const { sessions } = (await admin.ask("GET", `/users/${id}/sessions`)).body;
    expect(sessions).toHaveLength(2);
    expect((await admin.ask("POST", `/sessions/${sessions[0].id}/revoke`)).status).toBe(204);
    expect((await admin.ask("POST", `/sessions/${sessions[0].id}/revoke`)).status).toBe(404);
    expect((await Promise.all(bearers.map(known))).toSorted((a, b) => a - b)).toEqual([200, 401]);
    expect((await admin.ask("POST", `/users/${id}/sessions/revoke`)).body).toEqual({ ended: 1 });
    expect(await Promise.all(bearers.map(known))).toEqual([401, 401]);
    expect(await latestAct()).toMatchObject({
      verb: "session.end-all",
      before: { open: 1 },
      after: { open: 0 },
    });
  });
});

describe("API keys", () => {
  test("are created, listed, rotated and revoked; the key itself is only in that one response", async () => {
    const made = await admin.ask("POST", "/api-keys", {
      name: "partner",
      owner: "acme",
      scopes: ["events:write"],
    });
    expect(made.status).toBe(201);
    const { key, apiKey } = made.body;
    expect(await known({ "x-api-key": key })).toBe(200);
    expect((await admin.ask("GET", "/api-keys?owner=acme")).body.apiKeys).toMatchObject([{ id: apiKey.id }]);
    expect((await admin.ask("GET", "/api-keys?owner=nobody")).body).toEqual({ apiKeys: [], next: null });

    const rotated = await admin.ask("POST", `/api-keys/${apiKey.id}/rotate`, { overlapMs: 60_000 });
    expect(rotated.status).toBe(201);
    const keys = [key, rotated.body.key];
    expect(await Promise.all(keys.map((one) => known({ "x-api-key": one })))).toEqual([200, 200]);
    await admin.ask("POST", `/api-keys/${apiKey.id}/revoke`);
    expect(await Promise.all(keys.map((one) => known({ "x-api-key": one })))).toEqual([401, 200]);
    expect(await latestAct()).toMatchObject({
      verb: "api-key.revoke",
      before: { revokedAt: null },
      after: { revokedAt: expect.any(Number) },
    });
    const record = JSON.stringify((await admin.ask("GET", "/audit")).body) + admin.log.text();
    for (const one of keys) expect(record).not.toContain(one);
  });

  test.each([
    [{ name: "x", owner: "y", weight: 0 }, 422],
    [{ name: "x", owner: "y", expiresAt: 1 }, 422],
    [{ name: "x", owner: "y", roles: ["wizard"] }, 422],
    [{ owner: "y" }, 422],
  ])("%j is refused", async (body, status) => {
    expect((await admin.ask("POST", "/api-keys", body)).status).toBe(status);
  });
});

test("are not available without a database, and the response says so", async () => {
  await using other = await startAdminGateway({ routes: [] });
  for (const path of ["/users", "/api-keys", "/audit"]) {
    const { status, body } = await other.ask("GET", path);
    expect([path, status, body.error.code]).toEqual([path, 501, "not_implemented"]);
  }
});
