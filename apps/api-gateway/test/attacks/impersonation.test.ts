import { describe, expect, test } from "bun:test";
import { signToken } from "@libs/auth/testing";
import { bearer, startAttackedGateway } from "./attacked-gateway.ts";

const gateway = await startAttackedGateway();

const tokenOf = (extra: object = {}) => signToken(gateway.good(), gateway.claims(extra));
const callerOf = (extra: object = {}) => bearer(tokenOf(extra));

describe("a caller cannot impersonate another:", () => {
  const forged = {
    "x-user-id": "admin",
    "X-User-Roles": "admin",
    "x-tenant-id": "t9",
    "x-auth-method": "mtls",
    "x-session-id": "s",
    "x-user-scopes": "all",
    "x-device-id": "d",
    "x-customer-id": "c",
    "x-watermark-id": "w",
  };
  const names = new Set(Object.keys(forged).map((name) => name.toLowerCase()));
  const identityIn = (headers: Readonly<Record<string, string>> = {}) =>
    Object.entries(headers)
      .filter(([name]) => names.has(name))
      .map(([name, value]) => `${name}: ${value}`)
      .toSorted();

  test("identity headers from clients never reach the service", async () => {
    const { get, running } = gateway;
    await get("/open/a", forged);
    await get("/private/a", { ...forged, ...callerOf({ sid: "mine", tenant: "t1" }) });
    const [anonymous, known] = running.echo.seen.map(({ headers }) => identityIn(headers));
    expect(anonymous).toEqual([]);
    expect(known).toEqual(["x-auth-method: jwt", "x-session-id: mine", "x-tenant-id: t1", "x-user-id: u1"]);
    expect(running.echo.seen[1]?.headers["authorization"]).toBeUndefined();
  });

  test("nor do identity headers of a WebSocket handshake, or the userId in a frame", async () => {
    const { running } = gateway;
    const socket = new WebSocket(running.url("/ws").replace("http:", "ws:"), {
      headers: { ...forged, ...callerOf({ sid: "mine" }) },
    });
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    const answered = new Promise((resolve) => {
      socket.addEventListener("message", ({ data }) => String(data).includes('"e-1"') && resolve(data));
    });
    socket.send(
      JSON.stringify({ type: "cart_event", id: "e-1", userId: "admin", payload: { userId: "admin" } }),
    );
    await answered;
    socket.close();
    const [asked] = running.echo.seen;
    expect(identityIn(asked?.headers)).toEqual(["x-auth-method: jwt", "x-session-id: mine", "x-user-id: u1"]);
    expect(asked?.headers["authorization"]).toBeUndefined();
  });

  test("the header of a credential that the gateway checks reaches the service in no spelling", async () => {
    const { get, running } = gateway;
    const spelled = { "x-api-key": "unused", x_api_key: "another's", "x.api-key": "another's" };
    await get("/private/a", { ...spelled, ...callerOf() });
    const names = Object.keys(running.echo.seen[0]?.headers ?? {});
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => name.endsWith("key"))).toEqual([]);
  });

  test("a claim cannot inject a header", async () => {
    const sub = "u1\r\nx-user-roles: admin\u0000,é\u{1f600}%";
    const { get, running } = gateway;
    expect((await get("/private/a", callerOf({ sub }))).status).toBe(200);
    expect(running.echo.seen[0]?.headers["x-user-id"]).toBe(
      "u1%0D%0Ax-user-roles:%20admin%00%2C%C3%A9%F0%9F%98%80%25",
    );
    expect(running.echo.seen[0]?.headers["x-user-roles"]).toBeUndefined();
  });

  test("role claims of a foreign token grant nothing", async () => {
    const { expectRefused, get, login } = gateway;
    const claimed = callerOf({ roles: ["admin"], role: "admin" });
    await expectRefused(() => get("/admin/a", claimed), { status: 403 });
    expect((await get("/admin/a", claimed)).headers.get("www-authenticate")).toBe(
      'Bearer realm="cartway", error="insufficient_scope"',
    );
    expect((await get("/admin/a", bearer((await login()).accessToken))).status).toBe(200);
  });

  test("a customer cannot read another customer's page", async () => {
    const { expectRefused, get, running } = gateway;
    const caller = callerOf({ customer: "c1" });
    expect((await get("/customers/c1", caller)).status).toBe(200);
    running.echo.seen.length = 0;
    for (const path of ["/customers/c2", "/customers/c1%20", "/customers/C1"])
      await expectRefused(() => get(path, caller), { status: 403 });
    expect((await get("/customers/c1%00", caller)).status).toBe(400);
    expect(running.echo.seen).toEqual([]);
    for (const customer of [{ toString: "c1" }, ["c1"], 1, null])
      await expectRefused(() => get("/customers/c1", callerOf({ customer })), { status: 403 });
    await expectRefused(() => get("/customers/undefined", callerOf()), { status: 403 });
  });
});

describe("a caller cannot switch to another tenant:", () => {
  test("by naming one, by naming two, or with an identity that grants none", async () => {
    const { expectRefused, get, running } = gateway;
    const member = callerOf({ tenant: "t1" });
    expect((await get("/tenants/a", { ...member, "x-shop": "t1" })).status).toBe(200);
    expect(running.echo.seen[0]?.headers["x-tenant-id"]).toBe("t1");
    running.echo.seen.length = 0;
    for (const shop of ["t2", "T1", "t9", "t1, t2", "../t1", ""])
      await expectRefused(() => get("/tenants/a", { ...member, "x-shop": shop }), { status: 403 });
    const refused = [
      { ...callerOf(), "x-shop": "t1" },
      callerOf(),
      callerOf({ tenant: "t9" }),
      callerOf({ tenant: ["t1"] }),
    ];
    for (const headers of refused) await expectRefused(() => get("/tenants/a", headers), { status: 403 });
  });
});

test("a caller without credentials is told which ones the route accepts", async () => {
  const { error } = JSON.parse(await (await gateway.get("/private/a")).text());
  expect(error.message).toBe(
    "Authentication is required: a bearer token, or an API key in the header x-api-key.",
  );
});

test("every refusal is rendered in the envelope, with a request id and without caching", async () => {
  const answer = await gateway.get("/private/a");
  expect([
    answer.status,
    answer.headers.get("www-authenticate"),
    answer.headers.get("cache-control"),
  ]).toEqual([401, 'Bearer realm="cartway", Key realm="cartway"', "no-store"]);
  const { error } = JSON.parse(await answer.text());
  expect([error.code, error.requestId]).toEqual(["unauthenticated", answer.headers.get("x-request-id")]);
});
