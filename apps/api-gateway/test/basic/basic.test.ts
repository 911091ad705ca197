import { describe, expect, spyOn, test } from "bun:test";
import { handshake } from "../attacks/attacked-gateway.ts";
import { openClient } from "../websocket/socket-client.ts";
import { basicOf, hashOf, startBasic } from "./start-basic.ts";

const challenge = 'Basic realm="shop", charset="UTF-8"';

test("users of htpasswd and of the config authenticate, and the service gets their identity without the password", async () => {
  await using running = await startBasic();
  const ada: unknown = await (await running.get("ada:lovelace-7")).json();
  expect(ada).toMatchObject({
    "x-user-id": "ada",
    "x-user-roles": "staff,admin",
    "x-tenant-id": "acme",
    "x-auth-method": "basic",
  });
  expect(Reflect.has(Object(ada), "authorization")).toBe(false);
  expect(await (await running.get("bob:till")).json()).toMatchObject({
    "x-user-id": "bob",
    "x-user-roles": "staff",
  });
});

test("missing credentials, a wrong password, an unknown user and another user's password are 401 with the challenge of RFC 7617", async () => {
  await using running = await startBasic();
  for (const credentials of [null, "ada:wrong", "eve:lovelace-7", "ada:till", "ada:", "ADA:lovelace-7"]) {
    const response = await running.get(credentials);
    expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, challenge]);
  }
  expect(running.app.seen.all).toEqual([]);
});

test("beside bearer tokens both challenges are sent, and a wrong password is 401, not a malformed token", async () => {
  await using running = await startBasic();
  expect((await running.get(null, "/both")).headers.get("www-authenticate")).toBe(
    `${challenge}, Bearer realm="shop"`,
  );
  expect((await running.get("ada:lovelace-7", "/both")).status).toBe(200);
  const wrong = await running.get("ada:wrong", "/both");
  expect([wrong.status, wrong.headers.get("www-authenticate")?.startsWith(challenge)]).toEqual([401, true]);
  expect(await wrong.json()).toMatchObject({
    error: { code: "invalid_credentials", message: "The user name or password is not valid." },
  });
  const garbage = await fetch(`${running.url}/both`, { headers: { authorization: "Basic garbage" } });
  expect(garbage.status).toBe(400);
});

test("wrong credentials are not treated as anonymous", async () => {
  await using running = await startBasic();
  expect((await running.get(null, "/open")).status).toBe(200);
  expect((await running.get("ada:wrong", "/open")).status).toBe(401);
  const other = await fetch(`${running.url}/open`, { headers: { authorization: "Bearer abc" } });
  expect(other.status).toBe(400);
});

test("an anonymous caller without permission gets the challenges of the route's identities", async () => {
  await using running = await startBasic();
  const refused = await running.get(null, "/rights");
  expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, challenge]);
  expect((await running.get("ada:lovelace-7", "/rights")).status).toBe(200);
  expect((await running.get("bob:till", "/rights")).status).toBe(403);
});

test("a cached caller costs no hash, and concurrent requests cost one", async () => {
  await using running = await startBasic();
  using verify = spyOn(Bun.password, "verify");
  const all = await Promise.all(Array.from({ length: 20 }, () => running.get("ada:lovelace-7")));
  expect(all.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
  await running.get("ada:lovelace-7");
  expect(verify).toHaveBeenCalledTimes(1);
});

test("an unknown user costs the same hash check as a known one", async () => {
  await using running = await startBasic();
  using verify = spyOn(Bun.password, "verify");
  for (const name of ["eve", "eve", "mallory"]) await running.get(`${name}:x`);
  const hashes = verify.mock.calls.map(([, hash]) => hash);
  expect(hashes).toHaveLength(3);
  expect(hashes[0]).toBe(hashes[1]);
});

test("guessing is throttled by user and address, without blocking authenticated callers", async () => {
  await using running = await startBasic();
  expect((await running.get("bob:till")).status).toBe(200);
  const statuses: number[] = [];
  for (let guess = 0; guess < 8; guess += 1) statuses.push((await running.get(`bob:guess-${guess}`)).status);
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
  const throttled = await running.get("bob:another");
  expect(Number(throttled.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await running.get("bob:till")).status).toBe(200);
  expect((await running.get("ada:lovelace-7")).status).toBe(200);
  const metrics = await running.metrics.render();
  expect(metrics).toContain('{kind="login_throttled",route="a",reason="rate_limited"} 4');
  expect(metrics).toContain('{kind="credentials_rejected",route="a",reason="invalid_credentials"} 5');
});

test("a reload uses a changed htpasswd file at once, and keeps the counts of failed attempts", async () => {
  await using running = await startBasic();
  expect((await running.get("ada:lovelace-7")).status).toBe(200);
  for (let guess = 0; guess < 5; guess += 1) await running.get(`bob:guess-${guess}`);
  running.env["STAFF"] = `ada:${await hashOf("changed")}`;
  await running.reload();
  expect((await running.get("ada:lovelace-7")).status).toBe(401);
  expect((await running.get("ada:changed")).status).toBe(200);
  expect((await running.get("bob:guess-6")).status).toBe(429);
  running.env["STAFF"] = "ada:plain";
  await expect(running.reload()).rejects.toThrow("line 1 of htpasswd");
  expect((await running.get("ada:changed")).status).toBe(200);
});

test("no password, hash or header appears in a log, metric or error", async () => {
  await using running = await startBasic();
  for (const credentials of ["ada:lovelace-7", "ada:secret-guess", "eve:secret-guess"])
    await running.get(credentials);
  const said = JSON.stringify(running.log.lines) + (await running.metrics.render());
  expect(said).toContain('"security":"credentials_rejected"');
  for (const secret of ["lovelace-7", "secret-guess", "$2", basicOf("ada:secret-guess").slice(6)])
    expect(said).not.toContain(secret);
});

describe("credentials that a browser adds automatically", () => {
  const foreign = { "sec-fetch-site": "cross-site", origin: "https://evil.test" };
  const status = async (running: Awaited<ReturnType<typeof startBasic>>, method: string, headers = {}) =>
    (await running.get("ada:lovelace-7", "/a", { method, headers })).status;

  test("are ignored on requests from another origin's page, and accepted on navigation", async () => {
    await using running = await startBasic();
    expect(await status(running, "POST")).toBe(200);
    expect(await status(running, "POST", foreign)).toBe(403);
    expect(await status(running, "POST", { origin: "null" })).toBe(403);
    expect(await status(running, "POST", { "sec-fetch-site": "same-origin", origin: running.url })).toBe(200);
    expect(await status(running, "GET", { "sec-fetch-site": "cross-site" })).toBe(200);
  });

  test("are accepted if configured", async () => {
    await using running = await startBasic({ anyPage: true });
    expect(await status(running, "POST", foreign)).toBe(200);
  });

  test("open a hub socket for pages of the same origin only", async () => {
    await using running = await startBasic();
    const upgrade = (headers: object) =>
      fetch(`${running.url}/ws`, { headers: { ...handshake, ...headers } });
    expect((await upgrade({})).status).toBe(401);
    expect((await upgrade({ authorization: basicOf("ada:wrong") })).status).toBe(401);
    expect((await upgrade({ authorization: basicOf("ada:lovelace-7"), ...foreign })).status).toBe(403);
    await using client = await openClient(`${running.url}/ws`, {
      headers: { authorization: basicOf("ada:lovelace-7") },
    });
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
  });
});

test("an unreadable hash is 503, never a wrong password, and is not logged", async () => {
  await using running = await startBasic();
  const broken = `$2y$04$${"a".repeat(53)}`;
  running.env["STAFF"] = `ada:${broken}`;
  await running.reload();
  const response = await running.get("ada:lovelace-7");
  expect([response.status, await response.json()]).toMatchObject([
    503,
    { error: { code: "identity_unavailable" } },
  ]);
  expect(await running.metrics.render()).toContain('cartway_identity_failures_total{identity="staff"} 1');
  expect(JSON.stringify(running.log.lines)).not.toContain(broken.slice(7));
});

test("the hub throttles guessing as routes do, with Retry-After", async () => {
  await using running = await startBasic();
  const upgrade = async (guess: number) =>
    await fetch(`${running.url}/ws`, {
      headers: { ...handshake, authorization: basicOf(`bob:guess-${guess}`) },
    });
  for (let guess = 0; guess < 5; guess += 1) expect((await upgrade(guess)).status).toBe(401);
  const held = await upgrade(5);
  expect([held.status, Number(held.headers.get("retry-after")) > 0]).toEqual([429, true]);
});
