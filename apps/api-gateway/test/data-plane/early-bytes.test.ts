import { afterAll, expect, test } from "bun:test";
import { frameOf } from "@libs/testing";
import { connect } from "node:net";
import { serviceAt, startGateway } from "../support/start-gateway.ts";
import { startUpstream } from "../support/upstreams/start-upstream.ts";

/** Bytes that clients send too early are served in order, and never to another client. */
const upstream = startUpstream((request) => new Response(`answer to ${new URL(request.url).pathname}`));
const opened: string[] = [];
const sockets = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: (request, server) => (server.upgrade(request) ? undefined : new Response(null, { status: 400 })),
  websocket: {
    open: () => void opened.push("open"),
    message(socket, message) {
      opened.push(String(message));
      socket.send(`echo ${String(message)}`);
    },
    close: () => void opened.push("close"),
  },
});
const gateway = await startGateway({
  services: { api: serviceAt(upstream.url), sockets: serviceAt(`http://127.0.0.1:${sockets.port}`) },
  routes: [
    { id: "all", match: { path: "/*" }, service: "api" },
    { id: "tunnel", match: { path: "/tunnel" }, service: "sockets", websocket: true },
  ],
  hub: { endpoints: [{ path: "/ws", authenticate: { anonymous: true } }] },
});
afterAll(async () => {
  for (const each of [gateway, upstream]) await each[Symbol.asyncDispose]();
  await sockets.stop(true);
});

/** Everything received until the gateway closes, or until the expected text. */
function say(bytes: Uint8Array | string, until: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const socket = connect({ port: gateway.port, host: "127.0.0.1" }, () => socket.write(bytes));
    const end = (): void => {
      socket.destroy();
      resolve(said);
    };
    socket.on("data", (part: Buffer) => {
      said += part.toString("latin1");
      if (said.includes(until)) end();
    });
    socket.on("close", end);
    socket.on("error", reject);
  });
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const upgrade = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;

test("pipelined requests are answered in order", async () => {
  const said = await say(get("/first") + get("/second") + get("/third"), "answer to /third");
  const answers = [...said.matchAll(/answer to (\/(?:first|second|third))/g)].map(([, path]) => path);
  expect(answers).toEqual(["/first", "/second", "/third"]);
});

test("a frame sent along with a tunnel's handshake reaches the service once the tunnel is open", async () => {
  const before = opened.length;
  const said = await say(Buffer.concat([Buffer.from(upgrade("/tunnel")), frameOf("early")]), "echo early");
  expect(said).toStartWith("HTTP/1.1 101 ");
  expect(opened.slice(before, before + 2)).toEqual(["open", "early"]);
});

test("a frame sent along with the hub's handshake is answered if the caller is authenticated synchronously", async () => {
  const beat = frameOf(JSON.stringify({ type: "heartbeat", id: "h-1" }));
  const said = await say(Buffer.concat([Buffer.from(upgrade("/ws")), beat]), '"h-1"');
  expect(said).toStartWith("HTTP/1.1 101 ");
  expect(said).toContain('"h-1"');
});
