import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { origin } from "@libs/auth/testing";
import { checkedConfig } from "../support/start-gateway.ts";
import { type AdminGatewayWithUsers, startAdminGatewayWithUsers } from "./start-admin.ts";

/** A role with the permission `gateway:inspect`, which can read everything and change nothing. */
const config = (roles: object) => ({
  identity: { platform: { type: "local" } },
  roles: { admin: { permissions: ["*"] }, ...roles },
  routes: [],
});
const withSupport = config({ support: { permissions: ["gateway:inspect"] } });
let admin: AdminGatewayWithUsers;
let token = "";
let userId = "";
beforeAll(async () => {
  admin = await startAdminGatewayWithUsers(config({}));
  // roles come with the config, also to the users of the platform
  await admin.gateway.reload(checkedConfig(withSupport));
  const sam = { email: "sam@shop.test", password: "a fine password", roles: ["support"] };
  expect((await admin.ask("POST", "/users", sam)).status).toBe(201);
  const grant = await admin.fixture.auth.sessions.login(sam, origin);
  token = grant.accessToken;
  userId = grant.user.id;
});
afterAll(() => admin[Symbol.asyncDispose]());

const ask = (method: string, path: string, body?: object) =>
  fetch(admin.adminUrl + path, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>;
}

async function verbsOf(isWanted: (verb: string) => boolean): Promise<[verb: string, path: string][]> {
  const { paths }: OpenApi = JSON.parse(await (await ask("GET", "/swagger/json")).text());
  return Object.entries(paths).flatMap(([path, verbs]) =>
    Object.keys(verbs)
      .map((verb) => verb.toUpperCase())
      .filter(isWanted)
      .map((verb): [string, string] => [verb, path.replaceAll(/\{\w+\}/g, crypto.randomUUID())]),
  );
}

describe("an inspector", () => {
  test("may use every read-only verb", async () => {
    const questions = await verbsOf((verb) => verb === "GET");
    expect(questions.length).toBeGreaterThan(20);
    for (const [verb, path] of questions) {
      const { status } = await ask(verb, path);
      expect([path, status === 401 || status === 403]).toEqual([path, false]);
    }
    expect((await ask("POST", "/explain", { method: "GET", url: "/x" })).status).toBe(200);
    expect((await ask("POST", "/config/validate", {})).status).not.toBe(403);
  });

  test("can change nothing, and each attempt is a security event", async () => {
    const acts = async () => (await admin.ask("GET", "/audit")).body.acts.length;
    const before = await acts();
    const actor = `user ${userId}`;
    const changes = (await verbsOf((verb) => verb !== "GET")).filter(
      ([, path]) => path !== "/explain" && path !== "/config/validate",
    );
    expect(changes.length).toBeGreaterThan(12);
    for (const [verb, path] of changes) {
      const lines = admin.log.lines.length;
      expect([verb, path, (await ask(verb, path, {})).status]).toEqual([verb, path, 403]);
      expect(admin.log.lines.slice(lines)).toContainEqual(
        expect.objectContaining({ security: "admin_refused", reason: "forbidden", actor }),
      );
    }
    expect(await acts()).toBe(before);
  });

  test("does not see the files that a config names, unlike an administrator", async () => {
    const files = [import.meta.path, "/dev/zero", "/nowhere"];
    const policies = files.flatMap((file) => [
      { type: "error-pages", html: { any: { file } } },
      { type: "request-validation", body: { file } },
      { type: "request-validation", openapi: { file } },
    ]);
    const routes = policies.map((policy, index) => ({
      id: `r${index}`,
      match: { path: `/${index}` },
      policies: [policy, { type: "respond" }],
    }));
    const body = { version: 1, server: { errorPages: { html: { any: { file: "/nowhere" } } } }, routes };
    expect(await (await ask("POST", "/config/validate", body)).json()).toMatchObject({ isValid: true });
    const told = await admin.ask("POST", "/config/validate", body);
    expect(told.body.issuesTotal).toBeGreaterThan(policies.length - 2);
  });

  test("cannot change anything through any spelling of a read-only verb", async () => {
    for (const path of ["/explain/../users", "/explain/%2e%2e/users", "/explain/", "/EXPLAIN"])
      expect([path, (await ask("POST", path, {})).status]).toEqual([path, 403]);
  });
});

test("roles follow the config: permissions are updated, and revoked ones end at once", async () => {
  const me = () => fetch(`${admin.url}/auth/me`, { headers: { authorization: `Bearer ${token}` } });
  expect(JSON.parse(await (await me()).text()).permissions).toEqual(["gateway:inspect"]);
  await admin.gateway.reload(checkedConfig(config({ support: { permissions: ["carts:read"] } })));
  expect(JSON.parse(await (await me()).text()).permissions).toEqual(["carts:read"]);
  expect((await ask("GET", "/config")).status).toBe(403);
  await admin.gateway.reload(checkedConfig(withSupport));
  expect((await ask("GET", "/config")).status).toBe(200);
});
