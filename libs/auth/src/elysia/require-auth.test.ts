import { afterAll, expect, test } from "bun:test";
import { CartwayError, renderError } from "@libs/errors";
import { Elysia } from "elysia";
import { adminCredentials, createAuthFixture, origin } from "../../test/auth-fixture.ts";
import { openSql } from "../../test/open-sql.ts";
import {
  callerByGateway,
  callerByToken,
  type IdentifyCaller,
  requireAuth,
  requireRole,
} from "./require-auth.ts";

const sql = await openSql();
const { auth } = createAuthFixture(sql);
await auth.start();
const { accessToken, user } = await auth.sessions.login(adminCredentials, origin);

function createApp(identify: IdentifyCaller) {
  return new Elysia()
    .onError(({ error }) => renderError(error, "r"))
    .resolve(requireAuth(identify))
    .get("/who", ({ caller }) => caller)
    .get("/admin", () => "in", { beforeHandle: requireRole("admin", "operator") })
    .listen({ port: 0, hostname: "127.0.0.1", reusePort: false });
}

const direct = createApp(callerByToken(auth.accessTokens));
const behind = createApp(callerByGateway);
afterAll(async () => {
  await direct.stop();
  await behind.stop();
  await auth.stop();
  await sql.close();
});

const get = (app: typeof direct, path: string, headers: Record<string, string> = {}) =>
  fetch(`http://127.0.0.1:${app.server?.port}${path}`, { headers });

test("a platform token identifies the caller; anything else is 401 with the matching challenge", async () => {
  const answer = await get(direct, "/who", { authorization: `Bearer ${accessToken}` });
  expect(await answer.json()).toMatchObject({ userId: user.id, roles: ["admin"], tenantId: null });
  const none = await get(direct, "/who");
  expect([none.status, none.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
  const bad = await get(direct, "/who", { authorization: `Bearer ${accessToken}x` });
  expect([bad.status, bad.headers.get("www-authenticate")]).toEqual([401, 'Bearer error="invalid_token"']);
  expect((await get(direct, "/who", { authorization: "Basic YTpi" })).status).toBe(401);
});

test("a required role admits callers who have it, and nobody else", async () => {
  expect((await get(direct, "/admin", { authorization: `Bearer ${accessToken}` })).status).toBe(200);
  expect(
    (await get(behind, "/admin", { "x-user-id": "u", "x-user-roles": "customer,administrator" })).status,
  ).toBe(403);
  expect(
    (await get(behind, "/admin", { "x-user-id": "u", "x-user-roles": "customer,operator" })).status,
  ).toBe(200);
});

test("behind the gateway its headers identify the caller", async () => {
  const answer = await get(behind, "/who", { "x-user-id": "u", "x-tenant-id": "t", "x-session-id": "s" });
  expect(await answer.json()).toEqual({ userId: "u", roles: [], tenantId: "t", sessionId: "s" });
  expect((await get(behind, "/who")).status).toBe(401);
  expect(() => callerByGateway(new Request("http://a/", { headers: { "x-user-id": "" } }))).toThrow(
    CartwayError,
  );
});
