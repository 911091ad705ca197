import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { adminCredentials } from "@libs/auth/testing";
import { sendRaw } from "@libs/testing";
import { type AccessGateway, startAccessGateway } from "./support/access-gateway.ts";

let running: AccessGateway;
beforeAll(async () => {
  running = await startAccessGateway(() => ({
    identity: { browser: { type: "local", cookie: true }, plain: { type: "local" } },
    routes: [
      {
        id: "browser",
        match: { path: "/browser" },
        service: "echo",
        policies: [{ type: "authenticate", with: ["browser"] }],
      },
      {
        id: "open",
        match: { path: "/open" },
        service: "echo",
        policies: [{ type: "authenticate", with: ["browser"], anonymous: true }],
      },
      {
        id: "plain",
        match: { path: "/plain" },
        service: "echo",
        policies: [{ type: "authenticate", with: ["plain"] }],
      },
      { id: "public", match: { path: "/public" }, service: "echo" },
    ],
  }));
});
afterAll(() => running.close());

const own = { "sec-fetch-site": "same-origin" };
const post = (path: string, body: object | null, headers: Record<string, string> = own) =>
  fetch(running.url(path), {
    method: "POST",
    headers: { ...(body === null ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === null ? {} : { body: JSON.stringify(body) }),
  });
const cookiesOf = (answer: Response) =>
  answer.headers
    .getSetCookie()
    .map((line) => line.split(";", 1)[0] ?? "")
    .join("; ");
async function login(): Promise<{ cookie: string }> {
  await running.clock.advance(600_000);
  return { cookie: cookiesOf(await post("/auth/login", { ...adminCredentials, cookies: true })) };
}

test("a login into cookies exposes the token to no script and no other site", async () => {
  const answer = await post("/auth/login", { ...adminCredentials, cookies: true });
  const lines = answer.headers.getSetCookie();
  expect(lines.map((line) => line.split("=", 1)[0])).toEqual([
    "__Host-cartway-access",
    "__Host-cartway-refresh",
  ]);
  for (const line of lines) expect(line).toEndWith("; HttpOnly; Secure; SameSite=Strict");
  expect(Object.keys(JSON.parse(await answer.text()))).toEqual(["user", "expiresIn"]);
});

test("the cookie authenticates where it is accepted, and is not forwarded", async () => {
  const session = await login();
  const headers = { cookie: `theme=dark; ${session.cookie}; lang=en` };
  expect((await fetch(running.url("/browser"), { headers })).status).toBe(200);
  expect((await fetch(running.url("/browser"), { headers: session })).status).toBe(200);
  expect(running.echo.seen.slice(-2).map((seen) => seen.headers["cookie"])).toEqual([
    "theme=dark; lang=en",
    undefined,
  ]);
  expect((await post("/browser", null, { ...session, ...own })).status).toBe(200);
  expect((await fetch(running.url("/plain"), { headers })).status).toBe(401);
  expect((await fetch(running.url("/auth/me"), { headers })).status).toBe(200);
});

test("the cookies of sessions and sign-ins reach no service, on routes that authenticate nobody either", async () => {
  const { cookie } = await login();
  const headers = { cookie: `theme=dark; ${cookie}; __Host-cartway-sign-in-abc=e30; __Host-cartway-csrf=t` };
  for (const path of ["/public", "/open"])
    expect((await fetch(running.url(path), { headers })).status).toBe(200);
  expect((await fetch(running.url("/public"), { headers: { cookie } })).status).toBe(200);
  expect(running.echo.seen.slice(-3).map((seen) => seen.headers["cookie"])).toEqual([
    "theme=dark; __Host-cartway-csrf=t",
    "theme=dark; __Host-cartway-csrf=t",
    undefined,
  ]);
});

describe("a page of another site cannot use it:", () => {
  const evil: readonly Record<string, string>[] = [
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { origin: "https://evil.example" },
    { origin: "null" },
    {},
  ];
  test.each(evil.map((headers) => ({ name: JSON.stringify(headers), headers })))(
    "$name",
    async ({ headers }) => {
      const session = await login();
      expect((await post("/browser", null, { ...session, ...headers })).status).toBe(403);
      expect((await post("/open", null, { ...session, ...headers })).status).toBe(403);
      expect((await post("/auth/logout", null, { ...session, ...headers })).status).toBe(403);
      expect((await post("/auth/refresh", {}, { ...session, ...headers })).status).toBe(403);
      expect((await post("/auth/login", { ...adminCredentials, cookies: true }, headers)).status).toBe(403);
    },
  );

  test("not by a form that logs the visitor out", async () => {
    const form = (headers: Record<string, string>) =>
      fetch(running.url("/auth/revoke"), {
        method: "POST",
        headers,
        body: new URLSearchParams({ refreshToken: "x" }),
      });
    for (const headers of evil) expect((await form(headers)).headers.getSetCookie()).toEqual([]);
    expect(cookiesOf(await form(own))).toBe("__Host-cartway-access=; __Host-cartway-refresh=");
  });

  test("not by opening a WebSocket", async () => {
    const session = await login();
    const upgrade = {
      ...session,
      upgrade: "websocket",
      connection: "upgrade",
      origin: "https://evil.example",
    };
    expect((await fetch(running.url("/browser"), { headers: upgrade })).status).toBe(403);
  });
});

test("older browsers are judged by Origin", async () => {
  const session = await login();
  expect((await post("/browser", null, { ...session, origin: running.url("") })).status).toBe(200);
});

test("the session is refreshed and ended by its cookie", async () => {
  const first = await login();
  const refreshed = await post("/auth/refresh", {}, { ...first, ...own });
  const second = { cookie: cookiesOf(refreshed) };
  expect(Object.keys(JSON.parse(await refreshed.text()))).toEqual(["user", "expiresIn"]);
  const out = await post("/auth/logout", null, { ...second, ...own });
  expect([out.status, cookiesOf(out)]).toEqual([204, "__Host-cartway-access=; __Host-cartway-refresh="]);
  expect((await fetch(running.url("/browser"), { headers: second })).status).toBe(401);
  expect((await post("/auth/refresh", {}, { ...second, ...own })).status).toBe(401);
  expect((await post("/auth/refresh", {}, own)).status).toBe(401);
});

test("a session can be ended by its browser once the access token's cookie is gone, and by no other site's page", async () => {
  const { cookie } = await login();
  const later = {
    cookie: cookie.split("; ").find((pair) => pair.startsWith("__Host-cartway-refresh=")) ?? "",
  };
  const foreign = await post("/auth/logout", null, { ...later, "sec-fetch-site": "cross-site" });
  expect([foreign.status, cookiesOf(foreign)]).toEqual([403, ""]);
  const out = await post("/auth/logout", null, { ...later, ...own });
  expect([out.status, cookiesOf(out)]).toEqual([204, "__Host-cartway-access=; __Host-cartway-refresh="]);
  expect((await post("/auth/refresh", {}, { ...later, ...own })).status).toBe(401);
  expect((await fetch(running.url("/browser"), { headers: { cookie } })).status).toBe(401);
});

test("a duplicate cookie authenticates nobody, and a header takes precedence over a cookie", async () => {
  const session = await login();
  expect(
    (await fetch(running.url("/browser"), { headers: { cookie: `${session.cookie}; ${session.cookie}` } }))
      .status,
  ).toBe(400);
  const bad = { ...session, authorization: "Bearer a.b.c" };
  expect((await fetch(running.url("/browser"), { headers: bad })).status).toBe(401);
});

test("a cookie whose name equals the session's only after trimming is ignored, because any site of the domain can set it", async () => {
  const { cookie } = await login();
  const planted = cookie.replace("; ", ";").split(";")[0] ?? "";
  const ask = (line: string, path = "/browser") =>
    sendRaw(
      running.port,
      Buffer.from(
        `GET ${path} HTTP/1.1\r\nHost: a\r\nCookie: ${line}\r\nConnection: close\r\n\r\n`,
        "latin1",
      ),
    );
  expect((await ask(planted)).status).toBe(200);
  for (const line of [
    `\u00a0${planted}`,
    `a=1; \u00a0${planted}`,
    planted.replace("=", " ="),
    planted.replace("=", "\u00a0="),
  ])
    expect((await ask(line)).status).toBe(401);
  expect((await ask(`a=1; \u00a0${planted}`, "/open")).status).toBe(200);
  // nor does it take the place of the real one, or spoil it
  expect((await ask(`\u00a0${planted.slice(0, -3)}xyz; ${planted}`)).status).toBe(200);
});
