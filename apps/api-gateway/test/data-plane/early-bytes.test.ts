import { afterAll, expect, test } from "bun:test";
import { frameOf } from "@libs/testing";
import { connect } from "node:net";
import { serviceAt, startGateway } from "../support/start-gateway.ts";
import { startUpstream } from "../support/start-upstream.ts";

/**
 * What clients send before its time. Bun's server ends connections of theirs where a handler answers later (oven-sh/bun#42855): what
 * must hold is that nobody gets what is another's, and that no service is left with half of something.
 */
const upstream = startUpstream((request) => new Response(`answer to ${new URL(request.url).pathname}`));
const opened: string[] = [];
const sockets = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: (request, server) => (server.upgrade(request) ? undefined : new Response(null, { status: 400 })),
  websocket: {
    open: () => void opened.push("open"),
    message: (_socket, message) => void opened.push(String(message)),
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

/** Everything that the gateway says until it closes, or until it has said what is waited for. */
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

test("requests that are pipelined are answered in their order or not at all", async () => {
  const said = await say(get("/first") + get("/second"), "answer to /second");
  const answers = [...said.matchAll(/answer to (\/\w+)/g)].map(([, path]) => path);
  expect(["/first", "/second"].slice(0, answers.length)).toEqual(answers as string[]);
});

test("a frame that comes with the handshake of a tunnel is refused with it, and never reaches its service", async () => {
  const before = opened.length;
  const said = await say(Buffer.concat([Buffer.from(upgrade("/tunnel")), frameOf("early")]), "early");
  expect(said).toStartWith("HTTP/1.1 400 ");
  expect(opened.slice(before)).not.toContain("early");
  const answer = await fetch(`${gateway.url}/after`);
  expect(await answer.text()).toBe("answer to /after");
});

test("a frame that comes with the handshake of the hub is answered where who connects is known at once", async () => {
  const beat = frameOf(JSON.stringify({ type: "heartbeat", id: "h-1" }));
  const said = await say(Buffer.concat([Buffer.from(upgrade("/ws")), beat]), '"h-1"');
  expect(said).toStartWith("HTTP/1.1 101 ");
  expect(said).toContain('"h-1"');
});
