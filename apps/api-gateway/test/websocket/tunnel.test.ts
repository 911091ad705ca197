import { describe, expect, test } from "bun:test";
import { waitUntil, openRaw, frameOf, sendRaw } from "@libs/testing";
import { startGateway, startGatewayTo, serviceAt } from "../support/start-gateway.ts";
import { startRawUpstream } from "../support/upstreams/start-raw-upstream.ts";
import { startDnsServer } from "../support/discovery/start-dns-server.ts";
import { errorOf } from "../support/error-of.ts";
import { startHandshakeService } from "./handshake-service.ts";
import { openClient } from "./socket-client.ts";
import { startSocketService } from "./socket-service.ts";

const upgradeHeaders = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};
const tunnelling = { websocket: true };

describe("messages", () => {
  test("pass both ways unchanged, text and binary, empty ones too", async () => {
    await using service = startSocketService();
    await using gateway = await startGatewayTo(service.url, tunnelling);
    await using client = await openClient(gateway.url);
    for (const message of ["grüße 👋", "", Buffer.from([0, 255, 128]), Buffer.alloc(0)]) {
      client.send(message);
      expect(await client.messages.next()).toEqual(message);
    }
    expect(service.messages.all.map((one) => typeof one)).toEqual(["string", "string", "object", "object"]);
  });

  test("of more than a mebibyte pass if the route allows it", async () => {
    await using service = startSocketService();
    await using gateway = await startGatewayTo(service.url, {
      websocket: { messageBytesMax: 8 * 1024 * 1024 },
    });
    await using client = await openClient(gateway.url);
    const large = Buffer.alloc(5_000_000, "0123456789");
    client.send(large);
    expect(Buffer.compare(Buffer.from(await client.messages.next()), large)).toBe(0);
  });

  test("that the service sends along with its handshake response are not lost", async () => {
    const greeting = Buffer.concat([
      frameOf("first", { masked: false }),
      frameOf("second", { masked: false }),
    ]);
    await using raw = await startHandshakeService(greeting);
    await using gateway = await startGatewayTo(raw.url, tunnelling);
    await using client = await openClient(gateway.url);
    expect(await client.messages.atLeast(2)).toEqual(["first", "second"]);
  });

  test("in fragments from a client reach the service as one message", async () => {
    await using service = startSocketService();
    await using gateway = await startGatewayTo(service.url, tunnelling);
    const client = await openRaw(gateway.port, "/");
    client.write(Buffer.concat([frameOf("a", { fin: false }), frameOf("b", { opcode: 0, fin: false })]));
    client.write(frameOf("c", { opcode: 0 }));
    expect(await service.messages.next()).toBe("abc");
    client.end();
  });
});

test("the first upgrades wait for the targets of their service, as requests do", async () => {
  await using service = startSocketService();
  const { hostname, port } = new URL(service.url);
  await using dns = await startDnsServer([{ name: "chat.test", type: "A", ttl: 60, data: hostname }]);
  dns.trouble = "silent";
  const discovery = { type: "dns", name: "chat.test", port: Number(port), families: [4] };
  await using gateway = await startGateway({
    services: { chat: { discovery: { ...discovery, servers: [dns.address], timeoutMs: 200 } } },
    routes: [
      { id: "chat", match: { path: "/*" }, service: "chat", timeouts: { connectMs: 5000 }, ...tunnelling },
    ],
  });
  await dns.asked.atLeast(1);
  const opening = openClient(gateway.url);
  dns.trouble = "none";
  await using client = await opening;
  client.send("hello");
  expect(await client.messages.next()).toBe("hello");
});

describe("the handshake", () => {
  test("carries the client's headers and the gateway's own, without hop-by-hop ones", async () => {
    await using service = startSocketService();
    await using gateway = await startGatewayTo(service.url, tunnelling);
    await using client = await openClient(`${gateway.url}/chat/1?room=a%2Fb`, {
      headers: { "x-custom": "yes", "x-user-id": "forged", origin: "https://shop.test" },
    });
    client.send("hi");
    const { path, headers } = await service.upgrades.next();
    expect(path).toBe("/chat/1?room=a%2Fb");
    expect(headers.get("x-custom")).toBe("yes");
    expect(headers.get("x-user-id")).toBeNull();
    expect(headers.get("origin")).toBe("https://shop.test");
    expect(headers.get("x-forwarded-for")).toBe("127.0.0.1");
    expect(headers.get("x-request-id")).toHaveLength(36);
    expect(headers.get("sec-websocket-extensions")).toBeNull();
    expect(headers.get("host")).toBe(new URL(gateway.url).host);
  });

  test("passes the service's choices and headers to the client", async () => {
    await using service = startSocketService({
      headers: { "sec-websocket-protocol": "beta", "set-cookie": "a=1" },
    });
    await using gateway = await startGatewayTo(service.url, tunnelling);
    await using client = await openClient(gateway.url, { protocols: ["alpha", "beta"] });
    expect(client.socket.protocol).toBe("beta");
    const answer = await fetch(gateway.url, {
      headers: { ...upgradeHeaders, "sec-websocket-protocol": "beta" },
    });
    expect(answer.status).toBe(101);
    expect(answer.headers.get("set-cookie")).toBe("a=1");
    expect(answer.headers.get("x-service")).toBe("yes");
  });

  test("has no subprotocol if the service chose none", async () => {
    await using raw = await startHandshakeService(Buffer.alloc(0));
    await using gateway = await startGatewayTo(raw.url, tunnelling);
    const answer = await fetch(gateway.url, {
      headers: { ...upgradeHeaders, "sec-websocket-protocol": "alpha, beta" },
    });
    expect([answer.status, answer.headers.get("sec-websocket-protocol")]).toEqual([101, null]);
  });

  test("runs the route's policies first: a refused client never reaches the service", async () => {
    await using service = startSocketService();
    const policies = [{ type: "ip-rules", deny: ["127.0.0.1"] }];
    await using gateway = await startGatewayTo(service.url, { ...tunnelling, policies });
    const answer = await fetch(gateway.url, { headers: upgradeHeaders });
    expect([answer.status, (await errorOf(answer)).code]).toEqual([403, "forbidden"]);
    expect(service.upgrades.all).toEqual([]);
  });

  test("runs response policies, too", async () => {
    await using service = startSocketService();
    const policies = [{ type: "transform", response: { set: { "x-route": "{request.path}" } } }];
    await using gateway = await startGatewayTo(service.url, { ...tunnelling, policies });
    const answer = await fetch(`${gateway.url}/a`, { headers: upgradeHeaders });
    expect([answer.status, answer.headers.get("x-route")]).toEqual([101, "/a"]);
  });

  test("on a route without WebSockets is a plain request", async () => {
    await using service = startSocketService();
    await using gateway = await startGatewayTo(service.url);
    const answer = await fetch(gateway.url, { headers: upgradeHeaders });
    expect(await answer.text()).toBe("plain");
  });

  test("does not affect plain requests of the same route", async () => {
    await using service = startSocketService();
    await using gateway = await startGatewayTo(service.url, tunnelling);
    expect(await (await fetch(gateway.url)).text()).toBe("plain");
  });

  test.each([
    ["over HTTP/1.0", "1.0", "Upgrade"],
    ["that Connection does not name", "1.1", "close"],
  ])("%s is a plain request, and opens no WebSocket to the service", async (_name, version, connection) => {
    await using service = startSocketService();
    await using gateway = await startGatewayTo(service.url, tunnelling);
    const fields = Object.entries({ ...upgradeHeaders, connection }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    const answer = await sendRaw(gateway.port, `GET / HTTP/${version}\r\nHost: a\r\n${fields.join("")}\r\n`);
    expect([answer.status, answer.body]).toEqual([200, "plain"]);
    expect(service.upgrades.all.map(({ headers }) => headers.get("upgrade"))).toEqual([null]);
  });

  test.each([
    ["of another version", { "sec-websocket-version": "8" }, 426],
    ["without a key", { "sec-websocket-key": "short" }, 400],
    ["from a page that may not connect", { origin: "https://evil.test" }, 403],
  ])("%s is refused before the service is called", async (_name, headers, status) => {
    await using service = startSocketService();
    const websocket = { origins: ["https://shop.test"] };
    await using gateway = await startGatewayTo(service.url, { websocket });
    const answer = await fetch(gateway.url, { headers: { ...upgradeHeaders, ...headers } });
    expect(answer.status).toBe(status);
    expect(service.upgrades.all).toEqual([]);
  });
});

describe("a service that does not accept", () => {
  test("passes its refusal on: status, headers and a short body", async () => {
    const refusal = () => new Response("not you", { status: 403, headers: { "x-reason": "policy" } });
    await using service = startSocketService({ refusal });
    await using gateway = await startGatewayTo(service.url, tunnelling);
    const answer = await fetch(gateway.url, { headers: upgradeHeaders });
    expect([answer.status, answer.headers.get("x-reason"), await answer.text()]).toEqual([
      403,
      "policy",
      "not you",
    ]);
  });

  test("passes its refusal on with its reason phrase, and without fields named by Connection", async () => {
    await using raw = await startRawUpstream((socket) =>
      socket.write(
        "HTTP/1.1 403 Keep Out\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nX-Kept: 1\r\nContent-Length: 0\r\n\r\n",
      ),
    );
    await using gateway = await startGatewayTo(raw.url, tunnelling);
    const answer = await fetch(gateway.url, { headers: upgradeHeaders });
    expect([answer.status, answer.statusText]).toEqual([403, "Keep Out"]);
    expect([answer.headers.get("x-hop"), answer.headers.get("x-kept")]).toEqual([null, "1"]);
  });

  test("by a status of failure counts as failed for its breaker, by any other as answered", async () => {
    let status = 403;
    await using service = startSocketService({ refusal: () => new Response("no", { status }) });
    const breaker = { service: { failuresInARow: 2 } };
    await using gateway = await startGatewayTo(service.url, tunnelling, { breaker });
    const ask = async () => (await fetch(gateway.url, { headers: upgradeHeaders })).status;
    expect([await ask(), await ask(), await ask()]).toEqual([403, 403, 403]);
    status = 500;
    expect([await ask(), await ask()]).toEqual([500, 500]);
    expect((await gateway.metrics.render()).includes('cartway_upstream_breaker_open{service="api"} 1')).toBe(
      true,
    );
  });

  test("before the request's deadline is 504, and has failed", async () => {
    await using silent = await startHandshakeService(null);
    const breaker = { service: { failuresInARow: 1 } };
    const timeouts = { totalMs: 50 };
    await using gateway = await startGatewayTo(silent.url, { ...tunnelling, timeouts }, { breaker });
    const answer = await fetch(gateway.url, { headers: upgradeHeaders });
    expect([answer.status, (await errorOf(answer)).code]).toEqual([504, "upstream_timeout"]);
    const refused = await fetch(gateway.url, { headers: upgradeHeaders });
    expect([refused.status, (await errorOf(refused)).code]).toEqual([503, "breaker_open"]);
  });

  const bodies: [how: string, refusal: string, body: string][] = [
    ["in chunks", 'Transfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n4;x=y\r\n":1}\r\n0\r\n\r\n', '{"a":1}'],
    ["that ends with the connection", 'Connection: close\r\n\r\n{"a":1}', '{"a":1}'],
    ["that is broken", 'Transfer-Encoding: chunked\r\n\r\n3\r\n{"a":1}\r\n', ""],
    ["that is cut off", 'Content-Length: 9\r\n\r\n{"a":1}', ""],
    ["that is too long", `Connection: close\r\n\r\n${"x".repeat(100_000)}`, ""],
  ];
  test.each(bodies)("passes on its status, and a body %s as far as possible", async (_how, refusal, body) => {
    await using raw = await startRawUpstream((socket) => void socket.end(`HTTP/1.1 401 No\r\n${refusal}`));
    await using gateway = await startGatewayTo(raw.url, tunnelling);
    const answer = await fetch(gateway.url, { headers: upgradeHeaders });
    expect([answer.status, await answer.text()]).toEqual([401, body]);
  });

  test("and does not end its refusal passes it on all the same", async () => {
    const chunks = "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
    await using raw = await startRawUpstream((socket) => void socket.write(`HTTP/1.1 401 No\r\n${chunks}`));
    await using gateway = await startGatewayTo(raw.url, tunnelling);
    expect((await fetch(gateway.url, { headers: upgradeHeaders })).status).toBe(401);
  });

  test("with 200 is an error", async () => {
    await using service = startSocketService({ refusal: () => new Response("hello") });
    await using gateway = await startGatewayTo(service.url, tunnelling);
    const answer = await fetch(gateway.url, { headers: upgradeHeaders });
    expect([answer.status, (await errorOf(answer)).code]).toEqual([502, "upstream_invalid"]);
  });

  test("and sends an endless head delays no other request", async () => {
    const more = [`x-blank: ${" ".repeat(30_000)}\x01`];
    await using raw = await startHandshakeService(Buffer.alloc(0), () => undefined, more);
    await using gateway = await startGatewayTo(raw.url, tunnelling);
    const startedAt = performance.now();
    const answer = await fetch(gateway.url, { headers: upgradeHeaders });
    expect([answer.status, (await errorOf(answer)).code]).toEqual([502, "upstream_invalid"]);
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  test("is replaced by another target if it is unreachable", async () => {
    await using service = startSocketService();
    const services = { api: serviceAt(["http://127.0.0.1:1", service.url]) };
    const routes = [{ id: "all", match: { path: "/*" }, service: "api", ...tunnelling }];
    await using gateway = await startGateway({ services, routes });
    for (let count = 0; count < 4; count += 1) {
      await using client = await openClient(gateway.url);
      client.send("x");
      expect(await client.messages.next()).toBe("x");
    }
  });

  test("is 502 if no target is reachable, and 504 if it does not respond in time", async () => {
    await using nowhere = await startGatewayTo("http://127.0.0.1:1", tunnelling);
    expect((await fetch(nowhere.url, { headers: upgradeHeaders })).status).toBe(502);
    await using silent = await startHandshakeService(null);
    await using gateway = await startGatewayTo(silent.url, { ...tunnelling, timeouts: { firstByteMs: 30 } });
    const answer = await fetch(gateway.url, { headers: upgradeHeaders });
    expect([answer.status, (await errorOf(answer)).code]).toEqual([504, "upstream_timeout"]);
  });

  test("is disconnected if the client leaves first", async () => {
    await using silent = await startHandshakeService(null);
    await using gateway = await startGatewayTo(silent.url, tunnelling);
    const leaving = new AbortController();
    const asked = fetch(gateway.url, { headers: upgradeHeaders, signal: leaving.signal });
    await silent.heads.atLeast(1);
    leaving.abort();
    await expect(asked).rejects.toThrow();
    await silent.closed.atLeast(1);
  });
});

describe("pings", () => {
  test("of the service reach the client, whose pongs reach the service", async () => {
    await using service = startSocketService({
      onMessage: (socket) => void socket.ping("are you there"),
    });
    await using gateway = await startGatewayTo(service.url, tunnelling);
    await using client = await openClient(gateway.url);
    client.send("ping me");
    expect(await service.pongs.next()).toBe("are you there");
  });

  test("of the client are answered, and keep the service's connection alive", async () => {
    await using service = startSocketService();
    await using gateway = await startGatewayTo(service.url, tunnelling);
    const client = await openRaw(gateway.port, "/");
    client.write(frameOf("beat", { opcode: 9 }));
    expect(await client.frames.find(({ opcode }) => opcode === 10)).toMatchObject({
      payload: Buffer.from("beat"),
    });
    expect(await service.pings.next()).toBe("beat");
    client.end();
  });
});

test("messages are counted by route, in valid series", async () => {
  await using service = startSocketService();
  await using gateway = await startGatewayTo(service.url, tunnelling);
  {
    await using client = await openClient(gateway.url);
    client.send("12345");
    await client.messages.next();
    expect(await gateway.metrics.render()).toContain(
      'cartway_websocket_tunnels_open{route="all",service="api"} 1',
    );
  }
  await waitUntil(async () => (await gateway.metrics.render()).includes("tunnels_closed_total{"));
  const text = await gateway.metrics.render();
  const labels = 'route="all",service="api"';
  expect(text).toContain(`cartway_websocket_tunnel_messages_total{${labels},direction="to_service"} 1`);
  expect(text).toContain(`cartway_websocket_tunnel_bytes_total{${labels},direction="to_client"} 5`);
  expect(text).toMatch(/cartway_websocket_tunnels_closed_total\{.*by="client"\} 1/);
  expect(text).toContain(`cartway_websocket_tunnels_open{${labels}} 0`);
  expect(text).toContain('cartway_gateway_requests_total{route="all",service="api",status="101"} 1');
});
