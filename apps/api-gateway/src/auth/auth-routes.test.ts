import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { TokenGrant } from "@libs/auth";
import { adminCredentials, createAuthFixture, openSql } from "@libs/auth/testing";
import { createElysiaServer } from "@libs/elysia-server";
import { createMemoryLogger, createMetrics } from "@libs/monitoring";
import { createManualClock, sendRaw } from "@libs/testing";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { createAuthRoutes } from "./auth-routes.ts";

const sql = await openSql();
const clock = createManualClock(Date.now());
const { auth } = createAuthFixture(sql, {}, clock);
const { logger, text: logText } = createMemoryLogger();
const server = createElysiaServer({
  name: "api-gateway",
  version: "0.0.0",
  port: 0,
  hostname: "127.0.0.1",
  logger,
  metrics: createMetrics({ service: "api-gateway" }),
  routes: [
    createAuthRoutes({ auth, clientIp: () => "192.0.2.1", securityEvents: { report: () => undefined } }),
  ],
});

beforeAll(async () => {
  await auth.start();
  await server.start();
});
beforeEach(() => clock.advance(3_600_000));
afterAll(async () => {
  await server.stop();
  await auth.stop();
  await sql.close();
});

const url = (path: string) => `${server.address?.url}${path}`;
const post = (path: string, body?: unknown, headers: Record<string, string> = {}) =>
  fetch(url(path), {
    method: "POST",
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const grantOf = async (answer: Response): Promise<TokenGrant> => JSON.parse(await answer.text());
const codeOf = async (answer: Response): Promise<string> => JSON.parse(await answer.text()).error.code;
const login = async () => grantOf(await post("/auth/login", adminCredentials));
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

test("a login returns the documented fields, uncacheable, and jose verifies the token by the published keys", async () => {
  const answer = await post("/auth/login", adminCredentials);
  expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "no-store"]);
  const grant = await grantOf(answer);
  expect(Object.keys(grant).toSorted()).toEqual(["accessToken", "expiresIn", "refreshToken", "user"]);
  const keys = createRemoteJWKSet(new URL(url("/.well-known/jwks.json")));
  const verified = await jwtVerify(grant.accessToken, keys, {
    issuer: "cartway",
    currentDate: new Date(clock.now()),
  });
  expect(verified.payload.sub).toBe(grant.user.id);
});

test("a wrong password and an unknown user get byte-identical responses", async () => {
  const bodies: string[] = [];
  for (const email of [adminCredentials.email, "nobody@shop.test"]) {
    const answer = await post(
      "/auth/login",
      { email, password: "wrong password" },
      { "x-request-id": "same-request-id" },
    );
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    bodies.push(await answer.text());
  }
  expect(bodies[0]).toBe(bodies[1]);
  expect(JSON.parse(bodies[0] ?? "").error.code).toBe("invalid_credentials");
});

test("too many attempts are 429 with Retry-After", async () => {
  for (let index = 0; index < 5; index += 1)
    await post("/auth/login", { email: "x@shop.test", password: "wrong" });
  const answer = await post("/auth/login", { email: "x@shop.test", password: "wrong" });
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "60"]);
});

test("me returns the user and the permissions; refresh rotates the tokens; logout revokes both", async () => {
  const first = await login();
  const me = await fetch(url("/auth/me"), { headers: bearer(first.accessToken) });
  expect(JSON.parse(await me.text())).toEqual({ user: first.user, permissions: ["*"] });

  const second = await grantOf(await post("/auth/refresh", { refreshToken: first.refreshToken }));
  expect((await post("/auth/logout", undefined, bearer(second.accessToken))).status).toBe(204);
  const after = await fetch(url("/auth/me"), { headers: bearer(second.accessToken) });
  expect([after.status, after.headers.get("www-authenticate")]).toEqual([
    401,
    'Bearer error="invalid_token"',
  ]);
  expect((await post("/auth/refresh", { refreshToken: second.refreshToken })).status).toBe(401);
});

test("a replayed refresh token is refused and ends the session, for the thief too", async () => {
  const first = await login();
  const stolen = first.refreshToken;
  const second = await grantOf(await post("/auth/refresh", { refreshToken: stolen }));
  expect((await post("/auth/refresh", { refreshToken: stolen })).status).toBe(401);
  expect((await fetch(url("/auth/me"), { headers: bearer(second.accessToken) })).status).toBe(401);
});

test("the holder of just the refresh token can end the session, and learns nothing by it", async () => {
  const grant = await login();
  expect((await post("/auth/revoke", { refreshToken: grant.refreshToken })).status).toBe(204);
  expect((await post("/auth/revoke", { refreshToken: "cwr_unknown" })).status).toBe(204);
  expect((await post("/auth/revoke", { refreshToken: `cwr_${"A".repeat(43)}` })).status).toBe(204);
  expect((await post("/auth/refresh", { refreshToken: grant.refreshToken })).status).toBe(401);
});

test("logging out everywhere ends every session of the user", async () => {
  const [one, two] = [await login(), await login()];
  expect((await post("/auth/logout-everywhere", undefined, bearer(one.accessToken))).status).toBe(204);
  expect((await fetch(url("/auth/me"), { headers: bearer(two.accessToken) })).status).toBe(401);
});

describe("invalid input is answered in the envelope:", () => {
  const cases: readonly (readonly [string, string, number, string])[] = [
    ["no JSON", "{", 400, "invalid_json"],
    ["a missing field", '{"email":"a@b"}', 422, "validation_failed"],
    ["a field that does not belong", '{"email":"a@b","password":"x","admin":true}', 422, "validation_failed"],
    ["a password of the wrong type", '{"email":"a@b","password":["x"]}', 422, "validation_failed"],
    [
      "a password without end",
      JSON.stringify({ email: "a@b", password: "x".repeat(257) }),
      422,
      "validation_failed",
    ],
  ];
  test.each(cases.map(([name, body, status, code]) => ({ name, body, status, code })))(
    "$name",
    async ({ body, status, code }) => {
      const answer = await fetch(url("/auth/login"), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      expect([answer.status, await codeOf(answer)]).toEqual([status, code]);
    },
  );

  test("no token, and two of them", async () => {
    const none = await fetch(url("/auth/me"));
    expect([none.status, none.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    const { accessToken } = await login();
    const port = server.address?.port ?? 0;
    const twice = await sendRaw(
      port,
      `GET /auth/me HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer ${accessToken}\r\nAuthorization: Bearer ${accessToken}\r\n\r\n`,
    );
    expect(twice.status).toBe(401);
  });
});

test("no secret is logged", async () => {
  const grant = await login();
  await post("/auth/refresh", { refreshToken: grant.refreshToken });
  const log = logText();
  for (const secret of [adminCredentials.password, grant.accessToken, grant.refreshToken])
    expect(log).not.toContain(secret);
});

test("each endpoint has a summary, and those that require a token declare it", async () => {
  type Operation = { summary?: string; security?: unknown };
  const { paths } = (await (await fetch(url("/swagger/json"))).json()) as {
    paths: Record<string, Record<string, Operation>>;
  };
  const own = Object.entries(paths).filter(([path]) => path.startsWith("/auth/"));
  const operations = own.flatMap(([path, methods]) =>
    Object.values(methods).map((operation) => ({ path, ...operation })),
  );
  expect(operations.filter(({ summary }) => summary === undefined)).toEqual([]);
  const secured = operations.filter(({ security }) => security !== undefined).map(({ path }) => path);
  expect(secured.toSorted()).toEqual(["/auth/logout", "/auth/logout-everywhere", "/auth/me"]);
});
