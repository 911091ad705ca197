import { describe, expect, test } from "bun:test";
import { createEventLog, createTemporaryDirectory, frameOf, openRaw, waitUntil } from "@libs/testing";
import { checkedConfig, serviceAt, startGateway, startGatewayTo } from "../support/start-gateway.ts";
import { answerHandshake, startHandshakeService } from "./handshake-service.ts";
import { startRawUpstream } from "../support/upstreams/start-raw-upstream.ts";
import { openClient } from "./socket-client.ts";
import { startSocketService } from "./socket-service.ts";

const tunnelling = { websocket: true };
const closing = (code?: number, reason?: string) =>
  startSocketService({ onMessage: (socket) => socket.close(code, reason) });

describe("closing one side closes the other", () => {
  test.each([
    [1000, "done"],
    [1001, ""],
    [3005, "try again"],
    [4999, "grüße"],
  ])("a service's close %d %p reaches the client unchanged", async (code, reason) => {
    await using service = closing(code, reason);
    await using gateway = await startGatewayTo(service.url, tunnelling);
    const client = await openClient(gateway.url);
    client.send("close");
    expect(await client.closed).toEqual({ code, reason });
  });

  test.each([
    [1000, "done"],
    [3005, "try again"],
    [4999, "grüße"],
  ])("a client's close %d %p reaches the service unchanged", async (code, reason) => {
    await using service = startSocketService();
    await using gateway = await startGatewayTo(service.url, tunnelling);
    const client = await openClient(gateway.url);
    client.socket.close(code, reason);
    expect(await service.closes.next()).toEqual({ code, reason });
  });

  test("a close without a code has none on the other side, both ways", async () => {
    await using service = startSocketService({ onMessage: (socket) => socket.close(1005, "") });
    await using gateway = await startGatewayTo(service.url, tunnelling);
    const left = await openRaw(gateway.port, "/");
    left.write(frameOf("", { opcode: 8 }));
    expect((await service.closes.next()).code).toBe(1005);
    const sent = await openRaw(gateway.port, "/");
    sent.write(frameOf("close"));
    expect(await sent.frames.find(({ opcode }) => opcode === 8)).toMatchObject({ payload: Buffer.alloc(0) });
    sent.end();
  });

  test("a client that vanishes resets the service's connection", async () => {
    await using service = startSocketService();
    await using gateway = await startGatewayTo(service.url, tunnelling);
    const client = await openRaw(gateway.port, "/");
    await service.opened.atLeast(1);
    client.end();
    expect((await service.closes.next()).code).toBe(1006);
  });

  test("a service that vanishes closes the client with 1014, bad gateway", async () => {
    await using service = startSocketService({ onMessage: (socket) => socket.terminate() });
    await using gateway = await startGatewayTo(service.url, tunnelling);
    const client = await openClient(gateway.url);
    client.send("vanish");
    expect(await client.closed).toEqual({ code: 1014, reason: "the service is gone" });
  });

  const faults: [name: string, frame: Buffer, code: number][] = [
    ["a masked frame", frameOf("x"), 1014],
    ["an unknown opcode", frameOf("x", { masked: false, opcode: 3 }), 1014],
    ["reserved bits", frameOf("x", { masked: false, reserved: 4 }), 1014],
    ["a text that is not UTF-8", frameOf(Buffer.from([0xff]), { masked: false }), 1014],
    ["half a close code", frameOf("x", { masked: false, opcode: 8 }), 1014],
    ["a close code that is none", frameOf(Buffer.from([0x03, 0xed]), { masked: false, opcode: 8 }), 1014],
    ["a message above the limit", frameOf("x".repeat(200), { masked: false }), 1009],
  ];
  test.each(faults)("a service that sends %s is disconnected", async (_name, frame, code) => {
    await using service = await startHandshakeService(frame);
    await using gateway = await startGatewayTo(service.url, { websocket: { messageBytesMax: 100 } });
    const client = await openRaw(gateway.port, "/");
    expect(await client.closed).toBe(code);
    await service.closed.atLeast(1);
  });
});

describe("limits", () => {
  test("a client message above the route's limit closes both sides with 1009", async () => {
    await using service = startSocketService();
    await using gateway = await startGatewayTo(service.url, { websocket: { messageBytesMax: 100 } });
    const client = await openClient(gateway.url);
    client.send("x".repeat(101));
    expect((await client.closed).code).toBe(1009);
    expect((await service.closes.next()).code).toBe(1009);
    expect(service.messages.all).toEqual([]);
  });

  test("a client message above all limits is closed by the listener, and the service is notified", async () => {
    await using service = startSocketService();
    await using gateway = await startGatewayTo(service.url, tunnelling);
    const client = await openRaw(gateway.port, "/");
    client.write(frameOf(Buffer.alloc(1_100_000), { opcode: 2 }));
    expect(await client.closed).toBe(1009);
    expect((await service.closes.next()).code).toBe(1009);
  });

  test("a client that sends too many messages is closed with 1008", async () => {
    await using service = startSocketService();
    await using gateway = await startGatewayTo(service.url, { websocket: { messagesPerSec: 5 } });
    const client = await openClient(gateway.url);
    for (let count = 0; count < 50; count += 1) client.send("x");
    expect((await client.closed).code).toBe(1008);
    expect(service.messages.all.length).toBeLessThan(20);
  });

  test("connections above connectionsMax are refused with 503 and Retry-After until one is closed", async () => {
    await using service = startSocketService();
    await using gateway = await startGatewayTo(service.url, { websocket: { connectionsMax: 1 } });
    const headers = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    };
    const first = await openClient(gateway.url);
    const refused = await fetch(gateway.url, { headers });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
    first.socket.close();
    await first.closed;
    const opens = () => openClient(gateway.url).catch(() => null);
    await using second = await waitUntil(opens, { what: "a place" });
    second.send("x");
    expect(await second.messages.next()).toBe("x");
  });

  test("a service's request limits do not count open WebSockets", async () => {
    await using service = startSocketService();
    await using gateway = await startGatewayTo(service.url, tunnelling, { connectionsMax: 1 });
    await using one = await openClient(gateway.url);
    await using other = await openClient(gateway.url);
    for (const client of [one, other]) {
      client.send("x");
      expect(await client.messages.next()).toBe("x");
    }
  });

  test("an idle WebSocket is closed with 1001 on both sides, an active one is not", async () => {
    await using service = startSocketService();
    await using gateway = await startGatewayTo(service.url, { websocket: { idleMs: 1200 } });
    const idle = await openClient(gateway.url);
    await using busy = await openClient(gateway.url);
    const beat = setInterval(() => busy.send("x"), 100);
    expect(await idle.closed).toEqual({ code: 1001, reason: "idle" });
    expect((await service.closes.next()).code).toBe(1001);
    clearInterval(beat);
    expect(busy.socket.readyState).toBe(WebSocket.OPEN);
  });

  test("a silent service is pinged, and disconnected if it does not respond", async () => {
    await using silent = await startHandshakeService(Buffer.alloc(0));
    await using gateway = await startGatewayTo(silent.url, { websocket: { pingMs: 300 } });
    const client = await openClient(gateway.url);
    expect((await client.closed).code).toBe(1014);
    await using answering = startSocketService();
    await using other = await startGatewayTo(answering.url, { websocket: { pingMs: 300 } });
    await using kept = await openClient(other.url);
    await answering.pings.atLeast(2);
    expect(kept.socket.readyState).toBe(WebSocket.OPEN);
  });
});

test("the hub's sockets on the same listener keep their own limit", async () => {
  const hub = { endpoints: [{ path: "/ws", authenticate: { anonymous: true }, origins: ["*"] }] };
  await using gateway = await startGateway({ hub, routes: [] });
  for (const large of ["x".repeat(70_000), "ü".repeat(40_000)]) {
    const client = await openClient(`${gateway.url}/ws`);
    client.send(large);
    expect((await client.closed).code).toBe(1009);
  }
  const client = await openClient(`${gateway.url}/ws`);
  client.send("x".repeat(30_000));
  await client.messages.find((message) => message.toString().includes("error"));
  expect(client.socket.readyState).toBe(WebSocket.OPEN);
  client.socket.close();
  await client.closed;
});

describe("reloads and shutdown", () => {
  const config = (url: string, more: object = {}, other: object = {}) => ({
    services: { api: serviceAt(url) },
    routes: [
      { id: "kept", match: { path: "/kept" }, service: "api", websocket: true },
      { id: "changed", match: { path: "/changed" }, service: "api", websocket: true, ...more },
      { id: "plain", match: { path: "/*" }, service: "api", ...other },
    ],
  });

  test("a reload keeps WebSockets of unchanged routes open, and closes the others with 1012", async () => {
    await using service = startSocketService();
    await using gateway = await startGateway(config(service.url));
    await using kept = await openClient(`${gateway.url}/kept`);
    const changed = await openClient(`${gateway.url}/changed`);
    for (let count = 0; count < 20; count += 1)
      await gateway.gateway.reload(checkedConfig(config(service.url, {}, { bodyBytesMax: count })));
    for (const client of [kept, changed]) {
      client.send("still");
      expect(await client.messages.next()).toBe("still");
    }
    const policies = [{ type: "ip-rules", deny: ["10.0.0.1"] }];
    await gateway.gateway.reload(checkedConfig(config(service.url, { policies })));
    expect(await changed.closed).toEqual({ code: 1012, reason: "the route changed" });
    expect((await service.closes.next()).code).toBe(1001);
    kept.send("and on");
    expect((await kept.messages.atLeast(2))[1]).toBe("and on");
  });

  test("a reload that finds another secret of an identity closes WebSockets, since it may have admitted their callers", async () => {
    await using directory = await createTemporaryDirectory();
    const file = directory.file("secret");
    await Bun.write(file, "s".repeat(32));
    const shop = { type: "jwt", issuer: "i", audience: "a", algorithms: ["HS256"], secret: { file } };
    await using service = startSocketService();
    const both = { ...config(service.url), identity: { shop } };
    await using gateway = await startGateway(both);
    const client = await openClient(`${gateway.url}/kept`);
    await gateway.gateway.reload(checkedConfig(both));
    client.send("still");
    expect(await client.messages.next()).toBe("still");
    await Bun.write(file, "f".repeat(32));
    await gateway.gateway.reload(checkedConfig(both));
    expect((await client.closed).code).toBe(1012);
  });

  test("a reload is reported before the WebSockets of changed routes are closed, which takes a second", async () => {
    const events = createEventLog<string>();
    await using service = startSocketService();
    await using gateway = await startGateway(config(service.url), { onConfig: () => events.push("config") });
    const clients = await Promise.all([1, 2].map(() => openClient(`${gateway.url}/changed`)));
    for (const client of clients) void client.closed.then(() => events.push("closed"));
    await gateway.gateway.reload(checkedConfig(config(service.url, { bodyBytesMax: 5 })));
    expect(await events.atLeast(3)).toEqual(["config", "closed", "closed"]);
  });

  test("a WebSocket whose route changes while it opens is closed as soon as it is open", async () => {
    const asked = Promise.withResolvers<() => void>();
    await using service = await startRawUpstream((socket, head) =>
      asked.resolve(() => answerHandshake(socket, head)),
    );
    await using gateway = await startGateway(config(service.url));
    const client = openClient(`${gateway.url}/changed`);
    const answer = await asked.promise;
    const policies = [{ type: "ip-rules", deny: ["10.0.0.1"] }];
    await gateway.gateway.reload(checkedConfig(config(service.url, { policies })));
    answer();
    expect(await (await client).closed).toEqual({ code: 1012, reason: "the route changed" });
    await service.closed.atLeast(1);
  });

  test("a reload beyond the limits the listener was opened with is refused", async () => {
    await using service = startSocketService();
    await using gateway = await startGateway(config(service.url));
    const websocket = { messageBytesMax: 2_000_000 };
    const reload = gateway.gateway.reload(checkedConfig(config(service.url, { websocket })));
    await expect(reload).rejects.toThrow("restart it");
  });

  test("a gateway that stops closes clients with 1012 and services with 1001", async () => {
    await using service = startSocketService();
    const gateway = await startGatewayTo(service.url, tunnelling);
    const clients = await Promise.all([openClient(gateway.url), openClient(gateway.url)]);
    await gateway.gateway.stop();
    for (const client of clients) expect((await client.closed).code).toBe(1012);
    expect((await service.closes.atLeast(2)).map(({ code }) => code)).toEqual([1001, 1001]);
  });
});
