import { afterAll, describe, expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { connect } from "../../../test/hub/hub-client.ts";
import { type HubFixture, startHub } from "../../../test/hub/start-hub.ts";

const endpoints = [
  { path: "/ws", authenticate: { with: ["platform"], anonymous: true }, origins: ["https://shop.example"] },
  { path: "/ws/customer", authenticate: { with: ["platform"] } },
  { path: "/open", authenticate: { anonymous: true }, origins: ["*"] },
];
const started: HubFixture[] = [];
function start(limits: object = {}): HubFixture {
  const fixture = startHub({ hub: { endpoints, limits } });
  started.push(fixture);
  return fixture;
}
const fixture = start();
afterAll(async () => void (await Promise.all(started.map((one) => one.stop()))));

/** The answer to an upgrade request that is refused. */
function ask(
  path: string,
  headers: Record<string, string> = {},
  from: HubFixture = fixture,
): Promise<Response> {
  return fetch(`${from.http}${path}`, {
    headers: {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      ...headers,
    },
  });
}

async function codeOf(response: Response): Promise<string> {
  const body: { error: { code: string; requestId: string } } = JSON.parse(await response.text());
  expect(body.error.requestId).toBe(response.headers.get("x-request-id") ?? "none");
  return body.error.code;
}

describe("access to an endpoint", () => {
  const cases: [name: string, path: string, headers: Record<string, string>, status: number, code: string][] =
    [
      ["without a credential where one is needed", "/ws/customer", {}, 401, "unauthenticated"],
      ["with a bad token", "/ws/customer", { authorization: "Bearer nonsense" }, 401, "invalid_token"],
      [
        "with a bad token where anonymous callers may",
        "/ws",
        { authorization: "Bearer nonsense" },
        401,
        "invalid_token",
      ],
      ["with a header that is no credential", "/ws", { authorization: "Bearer a b" }, 401, "invalid_token"],
      [
        "while the identity cannot be asked",
        "/ws",
        { authorization: "Bearer unavailable" },
        503,
        "identity_unavailable",
      ],
      ["with a ticket that never was", "/ws?ticket=abc", {}, 401, "invalid_token"],
      ["with two credentials", "/ws?ticket=abc", { authorization: "Bearer user-ana" }, 400, "bad_request"],
      [
        "with a subprotocol that is not the hub's",
        "/ws",
        { "sec-websocket-protocol": "soap" },
        400,
        "bad_request",
      ],
      ["from a page of another origin", "/ws", { origin: "https://evil.example" }, 403, "forbidden"],
      ["from a page that has no origin", "/ws", { origin: "null" }, 403, "forbidden"],
      [
        "from a host that only looks alike",
        "/ws",
        { origin: "https://shop.example.evil.example" },
        403,
        "forbidden",
      ],
    ];
  test.each(cases)("is refused to %s", async (_name, path, headers, status, code) => {
    const response = await ask(path, headers);
    expect([response.status, await codeOf(response)]).toEqual([status, code]);
  });

  test("is granted to callers with a header or subprotocol, and to anonymous ones where allowed", async () => {
    const byHeader = await connect(`${fixture.url}/ws`, { headers: { authorization: "Bearer user-ana" } });
    const byProtocol = await connect(`${fixture.url}/ws`, { protocols: ["cartway.v1", "bearer.user-ben"] });
    const nobody = await connect(`${fixture.url}/ws`);
    const users = await Promise.all(
      [byHeader, byProtocol, nobody].map(async (client) => (await client.frames.next()).payload),
    );
    expect(users.map((payload) => payload?.["userId"])).toEqual(["ana", "ben", null]);
    expect(byProtocol.socket.protocol).toBe("cartway.v1");
    await Promise.all([byHeader, byProtocol, nobody].map((client) => client.close()));
  });

  test("is granted to pages of the gateway's host, of listed origins, and of any origin where all are allowed", async () => {
    const own = `http://127.0.0.1:${fixture.port}`;
    for (const [path, origin] of [
      ["/ws", own],
      ["/ws", "https://shop.example"],
      ["/open", "https://any.example"],
    ]) {
      const client = await connect(`${fixture.url}${path}`, { headers: { origin: origin ?? "" } });
      await client.close();
    }
  });

  test("answers a plain request with 426", async () => {
    const response = await fetch(`${fixture.http}/ws`);
    expect([response.status, await codeOf(response)]).toEqual([426, "upgrade_required"]);
    expect(response.headers.get("upgrade")).toBe("websocket");
    expect((await fetch(`${fixture.http}/elsewhere`)).status).toBe(404);
  });

  test("refuses an invalid handshake", async () => {
    expect((await ask("/open", { "sec-websocket-key": "" })).status).toBe(400);
  });
});

describe("a ticket", () => {
  const issue = (headers: Record<string, string>) =>
    fetch(`${fixture.http}/auth/ws-ticket`, { method: "POST", headers });

  test("opens one connection", async () => {
    const issued = await issue({ authorization: "Bearer user-ana" });
    expect(issued.headers.get("cache-control")).toBe("no-store");
    const { ticket }: { ticket: string } = JSON.parse(await issued.text());
    const client = await connect(`${fixture.url}/ws/customer?ticket=${ticket}`);
    expect((await client.frames.next()).payload?.["userId"]).toBe("ana");
    expect((await ask(`/ws/customer?ticket=${ticket}`)).status).toBe(401);
    await client.close();
  });

  test("is issued to authenticated callers and to pages of allowed origins only", async () => {
    expect((await issue({})).headers.get("www-authenticate")).toBe('Bearer realm="test"');
    const wrong = await issue({ authorization: "Bearer nobody" });
    expect([wrong.status, wrong.headers.get("www-authenticate")]).toEqual([
      401,
      'Bearer realm="test", error="invalid_token", error_description="The token is not valid."',
    ]);
    expect((await issue({ authorization: "Bearer unavailable" })).status).toBe(503);
    expect((await fetch(`${fixture.http}/auth/ws-ticket`)).status).toBe(405);
    const page = await issue({ authorization: "Bearer user-ana", origin: "https://shop.example" });
    expect(page.headers.get("access-control-allow-origin")).toBe("https://shop.example");
    const preflight = await fetch(`${fixture.http}/auth/ws-ticket`, {
      method: "OPTIONS",
      headers: { origin: "https://shop.example" },
    });
    expect(preflight.status).toBe(204);
  });
});

describe("connection limits", () => {
  test("maxConnections refuses with 503 and Retry-After until a connection closes", async () => {
    const small = start({ maxConnections: 2, retryAfterSeconds: 7 });
    const clients = [await connect(`${small.url}/ws`), await connect(`${small.url}/ws`)];
    const refused = await ask("/ws", {}, small);
    expect([refused.status, refused.headers.get("retry-after"), await codeOf(refused)]).toEqual([
      503,
      "7",
      "too_many_connections",
    ]);
    await clients[0]?.close();
    await waitUntil(() => small.hub.context.connections.size === 1);
    const third = await connect(`${small.url}/ws`);
    await Promise.all([third.close(), clients[1]?.close()]);
  });

  test("per address and per user refuse with 429 and Retry-After, and do not affect others", async () => {
    const perIp = start({ connectionsPerIp: 1 });
    const client = await connect(`${perIp.url}/ws`);
    expect((await ask("/ws", {}, perIp)).status).toBe(429);
    await client.close();
    const perUser = start({ connectionsPerUser: 1 });
    const headers = { authorization: "Bearer user-ana" };
    const ana = await connect(`${perUser.url}/ws`, { headers });
    const refused = await ask("/ws", headers, perUser);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "5"]);
    const ben = await connect(`${perUser.url}/ws`, { headers: { authorization: "Bearer user-ben" } });
    await Promise.all([ana.close(), ben.close()]);
  });
});

test("the metrics count connection attempts by outcome, and promtool finds no problem", async () => {
  const client = await connect(`${fixture.url}/ws?resume=1`);
  const text = await fixture.metrics.render();
  expect(text).toContain('cartway_hub_upgrades_total{endpoint="/ws",outcome="accepted"}');
  expect(text).toContain('cartway_hub_upgrades_total{endpoint="/ws/customer",outcome="unauthenticated"}');
  expect(text).toContain('cartway_hub_reconnects_total{endpoint="/ws"} 1');
  await client.close();
});
