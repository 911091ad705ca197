import { describe, expect, test } from "bun:test";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { createEventLog, waitUntil, frameOf, openRaw } from "@libs/testing";
import { SignJWT } from "jose";
import { serviceAt, startGateway, startGatewayTo } from "../support/start-gateway.ts";
import { startHandshakeService } from "./handshake-service.ts";
import { openClient } from "./socket-client.ts";
import { startSocketService } from "./socket-service.ts";

const chunk = Buffer.alloc(65_536, 1);
/** Far more than all buffers between two ends can hold. */
const chunks = 1600;

async function heldBack(gateway: Awaited<ReturnType<typeof startGatewayTo>>, direction: string) {
  const line = `cartway_websocket_tunnel_holds_total{route="all",service="api",direction="${direction}"}`;
  const text = await gateway.metrics.render();
  const value = text.split("\n").find((one) => one.startsWith(line));
  return Number(value?.split(" ").at(-1) ?? 0);
}

describe("backpressure", () => {
  test("of a client that does not read stops the service, with bounded buffers, and everything arrives once it reads", async () => {
    const service = await startHandshakeService(Buffer.alloc(0), (socket) => {
      let sent = 0;
      const pump = (): void => {
        while (sent < chunks) {
          sent += 1;
          if (!socket.write(frameOf(chunk, { masked: false, opcode: 2 })))
            return void socket.once("drain", pump);
        }
      };
      written.push(() => sent);
      pump();
    });
    await using _ = service;
    await using gateway = await startGatewayTo(service.url, { websocket: true });
    const client = await openRaw(gateway.port, "/");
    client.pause();
    const sent = await written.next();
    await waitUntil(async () => (await heldBack(gateway, "to_client")) > 0);
    const before = await stable(sent);
    expect(before).toBeLessThan(chunks / 2);
    client.resume();
    await waitUntil(() => client.frames.all.length === chunks, { what: "every frame" });
    client.end();
  });

  test("of a client that does not read stops a service that only pings", async () => {
    const ping = frameOf(Buffer.alloc(125, "p"), { masked: false, opcode: 9 });
    const pings = Buffer.concat(Array.from({ length: 1000 }, () => ping));
    await using service = await startHandshakeService(Buffer.alloc(0), (socket) => {
      const pump = (): void => {
        while (socket.write(pings));
        socket.once("drain", pump);
      };
      pump();
    });
    await using gateway = await startGatewayTo(service.url, { websocket: true });
    const client = await openRaw(gateway.port, "/");
    client.pause();
    await waitUntil(async () => (await heldBack(gateway, "to_client")) > 0);
    client.end();
  });

  test("of a service that does not read stops the client, with bounded buffers, and everything arrives once it reads", async () => {
    const sockets = createEventLog<{ pause(): void; resume(): void }>();
    let received = 0;
    const service = await startHandshakeService(Buffer.alloc(0), (socket) => {
      socket.removeAllListeners("data");
      socket.on("data", (bytes: Buffer) => (received += bytes.byteLength));
      socket.pause();
      sockets.push(socket);
    });
    await using _ = service;
    await using gateway = await startGatewayTo(service.url, { websocket: true });
    await using client = await openClient(gateway.url);
    for (let count = 0; count < chunks; count += 1) client.send(chunk);
    const slow = await sockets.next();
    await waitUntil(async () => (await heldBack(gateway, "to_service")) > 0);
    const waiting = await stable(() => client.socket.bufferedAmount);
    expect(waiting).toBeGreaterThan((chunks * chunk.byteLength) / 2);
    slow.resume();
    await waitUntil(() => received >= chunks * chunk.byteLength, { what: "every byte" });
  });

  const endings: [how: string, frame: Buffer, code: number][] = [
    ["closes", frameOf(Buffer.from([0x0f, 0xa0]), { masked: false, opcode: 8 }), 4000],
    ["breaks the protocol", frameOf("masked"), 1014],
  ];
  test.each(endings)(
    "of a service that %s without reading keeps no client waiting",
    async (_how, frame, code) => {
      await using stalled = await startStalled();
      stalled.service.write(frame);
      expect((await stalled.client.closed).code).toBe(code);
    },
  );

  test("does not prevent a close from reaching the client", async () => {
    await using stalled = await startStalled();
    stalled.service.destroy();
    expect((await stalled.client.closed).code).toBe(1014);
  });
});

/** A service that reads nothing, and a client whose messages wait for it in the gateway. */
async function startStalled() {
  const sockets = createEventLog<Socket>();
  const server = await startHandshakeService(Buffer.alloc(0), (socket) => {
    socket.pause();
    sockets.push(socket);
  });
  const gateway = await startGatewayTo(server.url, { websocket: true });
  const client = await openClient(gateway.url);
  for (let count = 0; count < chunks; count += 1) client.send(chunk);
  await waitUntil(async () => (await heldBack(gateway, "to_service")) > 0);
  return {
    client,
    service: await sockets.next(),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

const written = createEventLog<() => number>();

/** The value once it has stopped to change. */
async function stable(read: () => number): Promise<number> {
  let last = -1;
  let same = 0;
  await waitUntil(() => {
    same = read() === last ? same + 1 : 0;
    last = read();
    return same > 20;
  });
  return last;
}

describe("other libraries and runtimes", () => {
  const node = (script: string, ...args: readonly string[]) =>
    Bun.spawn(["node", fileURLToPath(new URL(script, import.meta.url)), ...args], {
      stdout: "pipe",
      stderr: "inherit",
      stdin: "ignore",
    });

  test("a ws client on Node: subprotocol, fragments, 1.5 MB, pings, its close code", async () => {
    await using service = startSocketService({ headers: { "sec-websocket-protocol": "beta" } });
    await using gateway = await startGatewayTo(service.url, { websocket: { messageBytesMax: 2_000_000 } });
    const client = node("node-client.mjs", gateway.url.replace("http", "ws"));
    const said = (await new Response(client.stdout).text())
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    expect(said).toContainEqual({ open: { protocol: "beta", extensions: "" } });
    expect(said).toContainEqual({ pong: "hello" });
    expect(said).toContainEqual({ message: "one two" });
    expect(said).toContainEqual({ message: { bytes: 1_500_000, sum: 10_500_000 } });
    expect(await service.closes.next()).toEqual({ code: 4002, reason: "enough" });
  });

  test("a ws service on Node: greeting, fragments, pings, its close codes and its crash", async () => {
    const service = node("node-peer.mjs");
    const lines = createEventLog<string>();
    const read = (async () => {
      for await (const bytes of service.stdout)
        for (const line of new TextDecoder().decode(bytes).trim().split("\n")) lines.push(line);
    })();
    const port = await lines.next();
    await using gateway = await startGatewayTo(`http://127.0.0.1:${port}`, { websocket: true });
    const client = await openClient(`${gateway.url}/a?b=1`, { protocols: ["alpha", "beta"] });
    expect(client.socket.protocol).toBe("beta");
    expect(await client.messages.next()).toBe('{"greeting":"/a?b=1","user":null}');
    client.send("fragments");
    expect(await client.messages.next()).toBe("fragmented");
    client.send("ping");
    expect(await client.messages.next()).toBe("pong are you there");
    client.send("close");
    expect(await client.closed).toEqual({ code: 4001, reason: "as you like" });
    const other = await openClient(gateway.url);
    other.send("vanish");
    expect((await other.closed).code).toBe(1014);
    const third = await openClient(gateway.url);
    await third.messages.atLeast(1);
    service.kill("SIGKILL");
    expect((await third.closed).code).toBe(1014);
    await read;
  });

  test("the service learns the caller, and anonymous callers are refused", async () => {
    await using service = startSocketService();
    const secret = "an-hmac-key-of-at-least-32-bytes-in-length";
    await using gateway = await startGateway(
      {
        identity: {
          shop: {
            type: "jwt",
            issuer: "https://id.test",
            audience: "shop",
            algorithms: ["HS256"],
            secret: { env: "JWT_SECRET" },
          },
        },
        services: { api: serviceAt(service.url) },
        routes: [
          {
            id: "chat",
            match: { path: "/*" },
            service: "api",
            websocket: true,
            policies: [{ type: "authenticate", with: ["shop"] }],
          },
        ],
      },
      { env: { JWT_SECRET: secret } },
    );
    expect((await openRaw(gateway.port, "/")).status).toBe(401);
    expect(service.upgrades.all).toEqual([]);
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: "HS256" })
      .setIssuer("https://id.test")
      .setAudience("shop")
      .setSubject("ana")
      .setExpirationTime("1h")
      .sign(new TextEncoder().encode(secret));
    const headers = { authorization: `Bearer ${token}`, "x-user-id": "forged" };
    await using client = await openClient(gateway.url, { headers });
    client.send("x");
    const { headers: seen } = await service.upgrades.next();
    expect([seen.get("x-user-id"), seen.get("x-auth-method"), seen.get("authorization")]).toEqual([
      "ana",
      "jwt",
      null,
    ]);
  });
});
