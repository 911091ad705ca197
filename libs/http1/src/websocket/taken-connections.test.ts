import { expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { RawClient } from "../../test/raw-client.ts";
import { startHttp1 } from "../../test/start-http1.ts";
import { agreeToWebSocket } from "../server/web-socket-handshake.ts";
import { WireResponse } from "../wire-response.ts";
import type { AppSocketHandlers } from "./app-socket.ts";
import { writeClientFrame } from "./client-frame.ts";
import { opcodes } from "./opcodes.ts";
import { ServerSockets } from "./server-sockets.ts";

const handshake =
  "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/** Agrees to a WebSocket once `before` has come. */
function startSockets(handlers: AppSocketHandlers, before: Promise<void>) {
  const sockets = new ServerSockets(handlers);
  return startHttp1(async (request) => {
    const agreed = agreeToWebSocket(request, new Headers());
    await before;
    const isOpen =
      agreed !== null && request.origin?.takeOver(request, (wire) => sockets.open(wire, null, agreed));
    return isOpen === true ? undefined : new WireResponse(400, [], null);
  });
}

test("a socket that is paused in its open handler stays paused, however much arrived before", async () => {
  let received = 0;
  const gate = Promise.withResolvers<void>();
  const handlers: AppSocketHandlers = {
    open: (socket) => socket.pause(),
    message: (_, data) => void (received += data.length),
  };
  await using started = startSockets(handlers, gate.promise);
  using client = new RawClient(started.port);
  const frame = writeClientFrame(opcodes.binary, new Uint8Array(1000));
  await client.write(handshake);
  for (let index = 0; index < 120; index += 1) await client.write(frame);
  await Bun.sleep(20);
  gate.resolve();
  await client.until("101");
  for (let index = 0; index < 5000; index += 1) client.socket.write(frame);
  await Bun.sleep(100);
  // What was read before it opened, and at most one more read, is delivered all the same.
  expect(received).toBeLessThan(1_000_000);
});

test("a client that closes and half-closes still receives what was sent before", async () => {
  const sent = new Uint8Array(12_000_000);
  await using started = startSockets({ open: (socket) => void socket.send(sent) }, Promise.resolve());
  using client = new RawClient(started.port, true);
  await client.write(handshake);
  await client.until("\r\n\r\n");
  client.socket.end(writeClientFrame(opcodes.close, Buffer.from([0x03, 0xe8])));
  await waitUntil(() => client.isClosed, { what: "the end" });
  expect([client.said.length > sent.length, client.said.slice(-4), client.wasReset]).toEqual([
    true,
    "\x88\x02\x03\xe8",
    false,
  ]);
});
