import { describe, expect, test } from "bun:test";
import { handshake } from "../attacks/attacked-gateway.ts";
import { openClient } from "../websocket/socket-client.ts";
import { startSocketService } from "../websocket/socket-service.ts";
import { startRawUpstream } from "../support/upstreams/start-raw-upstream.ts";
import { letIn, startAsking, userIn } from "./start-asking.ts";

const page = { accept: "text/html" };

describe("the auth service sees only what the gateway determined about a request:", () => {
  const forged = {
    "x-forwarded-host": "evil.test",
    "x-forwarded-proto": "gopher",
    "x-forwarded-uri": "/public",
    "x-forwarded-method": "OPTIONS",
    "x-forwarded-for": "10.0.0.1",
    "x-real-ip": "10.0.0.1",
    "x-original-url": "https://evil.test/",
    "x-original-method": "OPTIONS",
    forwarded: "for=10.0.0.1;host=evil.test",
    "x-user": "root",
    "x-user-id": "root",
    "x-auth-request-redirect": "https://evil.test/",
  };

  test("no host, scheme, URI, method or address claimed by the client", async () => {
    await using asking = await startAsking();
    await asking.get("/private/a?b", { ...forged, connection: "x-forwarded-uri, x-original-url" });
    const [{ headers, method, path } = { headers: new Headers(), method: "", path: "" }] =
      asking.auth.seen.all;
    expect(`${method} ${path}`).toBe("GET /check");
    expect(Object.fromEntries(headers)).toMatchObject({
      "x-forwarded-method": "GET",
      "x-forwarded-proto": "http",
      "x-forwarded-host": `127.0.0.1:${asking.port}`,
      "x-forwarded-uri": "/private/a?b",
      "x-forwarded-for": "127.0.0.1",
      "x-original-url": `http://127.0.0.1:${asking.port}/private/a?b`,
    });
    expect(JSON.stringify(Object.fromEntries(headers))).not.toMatch(/evil|root|10\.0\.0\.1|OPTIONS/);
  });

  test("behind trusted proxies the address that they vouch for, and no earlier one", async () => {
    await using asking = await startAsking({ server: { trustedProxies: ["127.0.0.1"] } });
    await asking.get("/private/a", {
      "x-forwarded-for": "10.0.0.1, 203.0.113.9",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "shop.test",
    });
    const [{ headers } = { headers: new Headers() }] = asking.auth.seen.all;
    expect(headers.get("x-forwarded-for")).toBe("203.0.113.9");
    expect(headers.get("x-original-url")).toBe("https://shop.test/private/a");
  });

  test("the path that was routed, in its normalised form", async () => {
    await using asking = await startAsking();
    await asking.get("/public/..%2f../%2e%2e/private/%61?x=/../y");
    const target = "/public/../private/./%61";
    await fetch(new Request(asking.url + target));
    for (const { headers } of asking.auth.seen.all) {
      const uri = headers.get("x-forwarded-uri") ?? "";
      expect(uri).toStartWith("/private/");
      expect(uri).not.toMatch(/\/\.\.?\/.*\?|%61/);
    }
    expect(asking.auth.seen.all.length).toBeGreaterThan(0);
  });

  test("after sign-in the redirect leads to the gateway's own host, whatever the path", async () => {
    await using asking = await startAsking({
      forward: { signIn: { url: "/oauth2/start" } },
      routes: [
        {
          id: "all",
          match: { path: "/*" },
          service: "app",
          policies: [{ type: "authenticate", with: ["sso"] }],
        },
      ],
    });
    asking.answer = () => new Response(null, { status: 401 });
    const location = async (path: string) =>
      (await asking.get(path, { ...page, ...forged })).headers.get("location");
    expect(await location("/private/a")).toBe("/oauth2/start?rd=%2Fprivate%2Fa");
    expect(await location("//evil.test/a")).toBe("/oauth2/start?rd=%2Fevil.test%2Fa");
    expect(await location("/private/a?x=1&rd=https://evil.test")).toBe(
      "/oauth2/start?rd=%2Fprivate%2Fa%3Fx%3D1%26rd%3Dhttps%3A%2F%2Fevil.test",
    );
  });
});

test("the service is not given the tokens that the gateway keeps in a browser", async () => {
  await using asking = await startAsking();
  asking.answer = ({ headers }) => letIn(headers.get("cookie") ?? "nobody");
  const own = "__Host-cartway-access=a; __Host-cartway-refresh=b";
  expect(await userIn(await asking.get("/private/a", { cookie: `${own}; session=c` }))).toBe("session=c");
  expect(await userIn(await asking.get("/private/a", { cookie: own }))).toBe("nobody");
});

test("a connection to the auth service that a caller's Negotiate may have authenticated carries no other caller's question", async () => {
  const sockets: unknown[] = [];
  await using auth = await startRawUpstream((socket) => {
    sockets.push(socket);
    socket.write("HTTP/1.1 200 OK\r\nx-user: ada\r\ncontent-length: 0\r\n\r\n");
  });
  await using asking = await startAsking({ authUrl: auth.url });
  for (const headers of [{ cookie: "a=1" }, { authorization: "Negotiate YIIFSA" }, { cookie: "a=2" }])
    expect((await asking.get("/private/a", headers)).status).toBe(200);
  expect([sockets[1] === sockets[0], sockets[2] === sockets[1]]).toEqual([true, false]);
  expect(auth.heads.all[1]).toContain("connection: close");
});

describe("a cached answer is used for its own caller only:", () => {
  const forward = { cacheMs: 10_000, staleIfErrorMs: 60_000 };
  const sessions: Readonly<Record<string, string>> = { "session=a": "ada", "session=b": "bob" };

  async function startRemembering(more: object = {}) {
    const asking = await startAsking({ forward: { ...forward, ...more } });
    asking.answer = ({ headers }) => {
      const user = sessions[headers.get("cookie") ?? ""];
      return user === undefined ? new Response(null, { status: 401 }) : letIn(user);
    };
    return asking;
  }

  test("the same question is asked once per cache time, every other one separately", async () => {
    await using asking = await startRemembering();
    const ask = async (path: string, cookie: string) => await userIn(await asking.get(path, { cookie }));
    expect(await ask("/private/a", "session=a")).toBe("ada");
    expect(await ask("/private/a", "session=a")).toBe("ada");
    expect(asking.auth.seen.all).toHaveLength(1);
    expect(await ask("/private/a", "session=b")).toBe("bob");
    expect(await ask("/private/b", "session=a")).toBe("ada");
    expect(await ask("/private/a?x", "session=a")).toBe("ada");
    const post = await fetch(`${asking.url}/private/a`, { method: "POST", headers: { cookie: "session=a" } });
    expect(await userIn(post)).toBe("ada");
    expect(asking.auth.seen.all).toHaveLength(5);
    await asking.clock.advance(10_000);
    expect(await ask("/private/a", "session=a")).toBe("ada");
    expect(asking.auth.seen.all).toHaveLength(6);
  });

  test("metrics count calls, cached answers and stale ones", async () => {
    await using asking = await startRemembering();
    const ask = async () => await userIn(await asking.get("/private/a", { cookie: "session=a" }));
    for (const _ of [1, 2, 3]) expect(await ask()).toBe("ada");
    asking.answer = () => new Response(null, { status: 500 });
    await asking.clock.advance(10_000);
    expect(await ask()).toBe("ada");
    const metrics = await asking.metrics.render();
    const answers = [
      ...metrics.matchAll(/cartway_identity_answers_total{identity="sso",from="(\w+)"} (\d+)/g),
    ];
    expect(answers.map(([, from, count]) => `${from} ${count}`).toSorted()).toEqual([
      "asked 1",
      "memory 2",
      "stale 1",
    ]);
    expect(metrics).toContain('cartway_identity_failures_total{identity="sso"} 1');
  });

  test("header values cannot be shifted between headers to match another caller's question", async () => {
    await using asking = await startRemembering();
    expect((await asking.get("/private/a", { cookie: "session=a", "accept-language": "x" })).status).toBe(
      200,
    );
    expect((await asking.get("/private/a", { "accept-language": "xcookiesession=a" })).status).toBe(401);
    expect((await asking.get("/private/a", { "user-agent": 'x","cookie":"session=a' })).status).toBe(401);
  });

  test("refusals and answers with cookies are never cached", async () => {
    await using asking = await startRemembering();
    asking.answer = ({ headers }) => {
      const mark = `mark=${crypto.randomUUID()}`;
      return headers.get("cookie") === null
        ? new Response(null, { status: 302, headers: { location: "https://id.test", "set-cookie": mark } })
        : letIn("ada", { "set-cookie": mark });
    };
    const cookies = new Set<string>();
    for (const headers of [{}, {}, { cookie: "a" }, { cookie: "a" }]) {
      const answers = await Promise.all([1, 2, 3].map(() => asking.get("/private/a", headers)));
      for (const answer of answers) for (const cookie of answer.headers.getSetCookie()) cookies.add(cookie);
    }
    expect(cookies.size).toBe(12);
    expect(asking.auth.seen.all).toHaveLength(12);
  });

  test("concurrent equal questions are asked once if the answer admits", async () => {
    await using asking = await startRemembering();
    const held = Promise.withResolvers<Response>();
    asking.answer = () => held.promise;
    const all = Promise.all(
      Array.from({ length: 10 }, () => asking.get("/private/a", { cookie: "session=a" })),
    );
    await asking.auth.seen.atLeast(1);
    held.resolve(letIn("ada"));
    expect((await all).map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(asking.auth.seen.all).toHaveLength(1);
  });

  test("while the service is down, known callers are admitted for the configured time, and a refusal ends it", async () => {
    await using asking = await startRemembering();
    const status = async (cookie: string) => (await asking.get("/private/a", { cookie })).status;
    expect(await status("session=a")).toBe(200);
    const honest = asking.answer;
    asking.answer = () => new Response(null, { status: 500 });
    await asking.clock.advance(59_999);
    expect(await status("session=a")).toBe(200);
    expect(await status("session=b")).toBe(503);
    await asking.clock.advance(1);
    expect(await status("session=a")).toBe(503);
    asking.answer = honest;
    expect(await status("session=a")).toBe(200);
    await asking.clock.advance(10_000);
    asking.answer = () => new Response(null, { status: 401 });
    expect(await status("session=a")).toBe(401);
    asking.answer = () => new Response(null, { status: 500 });
    expect(await status("session=a")).toBe(503);
  });
});

test("a loop of the question through the gateway is detected at once, and admits nobody", async () => {
  await using asking = await startAsking();
  asking.answer = async ({ headers }) => {
    const { status } = await fetch(`${asking.url}/private/check`, { headers });
    return new Response(null, { status });
  };
  expect((await asking.get("/private/a")).status).toBe(503);
  expect(asking.auth.seen.all).toHaveLength(1);
});

describe("WebSockets", () => {
  test("of a route open for admitted callers, and get the service's response otherwise", async () => {
    await using service = startSocketService();
    await using asking = await startAsking({ appUrl: service.url, websocket: true });
    asking.answer = ({ headers }) =>
      headers.get("cookie") === "session=a"
        ? letIn("ada")
        : new Response(null, { status: 302, headers: { location: "https://id.test/" } });
    const refused = await asking.get("/private/socket", handshake);
    expect([refused.status, refused.headers.get("location")]).toEqual([302, "https://id.test/"]);
    await using client = await openClient(`${asking.url}/private/socket`, {
      headers: { cookie: "session=a" },
    });
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
  });

  test("of the hub open for admitted callers; the service sees the upgrade, and a redirect becomes 401", async () => {
    await using asking = await startAsking({
      hub: { endpoints: [{ path: "/ws", authenticate: { with: ["sso"] } }] },
    });
    asking.answer = ({ headers }) =>
      headers.get("cookie") === "session=a"
        ? letIn("ada")
        : new Response(null, { status: 302, headers: { location: "https://id.test/" } });
    expect((await asking.get("/ws?x=1", handshake)).status).toBe(401);
    expect((await asking.get("/ws?x=1", { ...handshake, cookie: "session=b" })).status).toBe(401);
    const seen = asking.auth.seen.all.map(({ headers }) => headers.get("x-original-url"));
    expect(seen).toEqual([
      `http://127.0.0.1:${asking.port}/ws?x=1`,
      `http://127.0.0.1:${asking.port}/ws?x=1`,
    ]);
    await using client = await openClient(`${asking.url}/ws`, { headers: { cookie: "session=a" } });
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
    asking.answer = () => new Response(null, { status: 403 });
    expect((await asking.get("/ws", handshake)).status).toBe(403);
    asking.answer = () => new Response(null, { status: 500 });
    expect((await asking.get("/ws", handshake)).status).toBe(503);
  });
});
