import { describe, expect, test } from "bun:test";
import { waitUntil, openRaw, frameOf } from "@libs/testing";
import { startGateway, startGatewayTo, serviceAt } from "../support/start-gateway.ts";
import { startRawUpstream } from "../support/start-raw-upstream.ts";
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
  test("texts and bytes pass both ways as they are, empty ones too", async () => {
    await using service = startSocketService();
    await using gateway = await startGatewayTo(service.url, tunnelling);
    await using client = await openClient(gateway.url);
    for (const message of ["grüße 👋", "", Buffer.from([0, 255, 128]), Buffer.alloc(0)]) {
      client.send(message);
      expect(await client.messages.next()).toEqual(message);
    }
    expect(service.messages.all.map((one) => typeof one)).toEqual(["string", "string", "object", "object"]);
  });

  test("a message of more than a mebibyte passes where the route allows it", async () => {
    await using service = startSocketService();
    await using gateway = await startGatewayTo(service.url, {
      websocket: { messageBytesMax: 8 * 1024 * 1024 },
    });
    await using client = await openClient(gateway.url);
    const large = Buffer.alloc(5_000_000, "0123456789");
    client.send(large);
    expect(Buffer.compare(Buffer.from(await client.messages.next()), large)).toBe(0);
  });

  test("what the service sends with the answer to the handshake is not lost", async () => {
    const greeting = Buffer.concat([
      frameOf("first", { masked: false }),
      frameOf("second", { masked: false }),
    ]);
    await using raw = await startHandshakeService(greeting);
    await using gateway = await startGatewayTo(raw.url, tunnelling);
    await using client = await openClient(gateway.url);
    expect(await client.messages.atLeast(2)).toEqual(["first", "second"]);
  });

  test("fragments of a client reach the service as one message", async () => {
    await using service = startSocketService();
    await using gateway = await startGatewayTo(service.url, tunnelling);
    const client = await openRaw(gateway.port, "/");
    client.write(Buffer.concat([frameOf("a", { fin: false }), frameOf("b", { opcode: 0, fin: false })]));
    client.write(frameOf("c", { opcode: 0 }));
    expect(await service.messages.next()).toBe("abc");
    client.end();
  });
});

describe("the handshake", () => {
  test("carries the client's headers, the gateway's own, and no hop's", async () => {
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

  test("gives the client what the service chose and set", async () => {
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

  test("chooses no subprotocol for a service that chose none", async () => {
    await using raw = await startHandshakeService(Buffer.alloc(0));
    await using gateway = await startGatewayTo(raw.url, tunnelling);
    const answer = await fetch(gateway.url, {
      headers: { ...upgradeHeaders, "sec-websocket-protocol": "alpha, beta" },
    });
    expect([answer.status, answer.headers.get("sec-websocket-protocol")]).toEqual([101, null]);
  });

  test("passes the route's policies first: who is refused never reaches the service", async () => {
    await using service = startSocketService();
    const policies = [{ type: "ip-rules", deny: ["127.0.0.1"] }];
    await using gateway = await startGatewayTo(service.url, { ...tunnelling, policies });
    const answer = await fetch(gateway.url, { headers: upgradeHeaders });
    expect([answer.status, (await errorOf(answer)).code]).toEqual([403, "forbidden"]);
    expect(service.upgrades.all).toEqual([]);
  });

  test("passes response policies too", async () => {
    await using service = startSocketService();
    const policies = [{ type: "transform", response: { set: { "x-route": "{request.path}" } } }];
    await using gateway = await startGatewayTo(service.url, { ...tunnelling, policies });
    const answer = await fetch(`${gateway.url}/a`, { headers: upgradeHeaders });
    expect([answer.status, answer.headers.get("x-route")]).toEqual([101, "/a"]);
  });

  test("on a route that tunnels nothing is a plain request", async () => {
    await using service = startSocketService();
    await using gateway = await startGatewayTo(service.url);
    const answer = await fetch(gateway.url, { headers: upgradeHeaders });
    expect(await answer.text()).toBe("plain");
  });

  test("leaves plain requests of the same route alone", async () => {
    await using service = startSocketService();
    await using gateway = await startGatewayTo(service.url, tunnelling);
    expect(await (await fetch(gateway.url)).text()).toBe("plain");
  });

  test.each([
    ["of another version", { "sec-websocket-version": "8" }, 426],
    ["without a key", { "sec-websocket-key": "short" }, 400],
    ["from a page that may not connect", { origin: "https://evil.test" }, 403],
  ])("%s is refused before the service is asked", async (_name, headers, status) => {
    await using service = startSocketService();
    const websocket = { origins: ["https://shop.test"] };
    await using gateway = await startGatewayTo(service.url, { websocket });
    const answer = await fetch(gateway.url, { headers: { ...upgradeHeaders, ...headers } });
    expect(answer.status).toBe(status);
    expect(service.upgrades.all).toEqual([]);
  });
});

describe("a service that does not open", () => {
  test("gives its refusal: status, headers and a short body", async () => {
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

  test("gives its refusal with its own reason, and without what its Connection names", async () => {
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

  test("is not believed where it answers 200", async () => {
    await using service = startSocketService({ refusal: () => new Response("hello") });
    await using gateway = await startGatewayTo(service.url, tunnelling);
    const answer = await fetch(gateway.url, { headers: upgradeHeaders });
    expect([answer.status, (await errorOf(answer)).code]).toEqual([502, "upstream_invalid"]);
  });

  test("keeps nobody waiting with a head of blanks: the next request is answered at once", async () => {
    const more = [`x-blank: ${" ".repeat(30_000)}\x01`];
    await using raw = await startHandshakeService(Buffer.alloc(0), () => undefined, more);
    await using gateway = await startGatewayTo(raw.url, tunnelling);
    const startedAt = performance.now();
    const answer = await fetch(gateway.url, { headers: upgradeHeaders });
    expect([answer.status, (await errorOf(answer)).code]).toEqual([502, "upstream_invalid"]);
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  test("is passed over for one that does, where it cannot be reached", async () => {
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

  test("is 502 where none can be reached, and 504 where it does not answer in time", async () => {
    await using nowhere = await startGatewayTo("http://127.0.0.1:1", tunnelling);
    expect((await fetch(nowhere.url, { headers: upgradeHeaders })).status).toBe(502);
    await using silent = await startHandshakeService(null);
    await using gateway = await startGatewayTo(silent.url, { ...tunnelling, timeouts: { firstByteMs: 30 } });
    const answer = await fetch(gateway.url, { headers: upgradeHeaders });
    expect([answer.status, (await errorOf(answer)).code]).toEqual([504, "upstream_timeout"]);
  });

  test("is let go when its client leaves before it has answered", async () => {
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
  test("of the service reach the client, whose answer reaches the service", async () => {
    await using service = startSocketService({
      onMessage: (socket) => void socket.ping("are you there"),
    });
    await using gateway = await startGatewayTo(service.url, tunnelling);
    await using client = await openClient(gateway.url);
    client.send("ping me");
    expect(await service.pongs.next()).toBe("are you there");
  });

  test("of the client are answered, and keep the service awake", async () => {
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

test("what passes is counted by route, and the series are well formed", async () => {
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
