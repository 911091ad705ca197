import { expect, test } from "bun:test";
import { startSocketService } from "../../../test/websocket/socket-service.ts";
import { HeaderList } from "../../model/http/header-list.ts";
import { webSocketDefaults } from "../../config/web-socket-settings.ts";
import { openUpstreamSocket } from "./open-upstream-socket.ts";
import { Tunnel, type TunnelClient } from "./tunnel.ts";

const nothing = (): void => undefined;
const client: TunnelClient = {
  send: () => 1,
  ping: () => 1,
  close: nothing,
  terminate: nothing,
  getBufferedAmount: () => 0,
  pause: nothing,
  resume: nothing,
};
const metrics = { opened: nothing, closed: nothing, message: nothing, heldBack: nothing };

/** A tunnel to the service whose client is open. */
async function openTunnel(url: string): Promise<Tunnel> {
  const { host, hostname, port } = new URL(url);
  const opened = await openUpstreamSocket({
    target: { id: host, protocol: "http", host: hostname, port: Number(port) },
    path: "/",
    host,
    headers: new HeaderList([]),
    connectMs: 2000,
    answerMs: 2000,
    messageBytesMax: 1000,
    signal: new AbortController().signal,
  });
  if (opened.kind === "refused") throw new Error(`refused with ${opened.status}`);
  const of = { routeId: "all", fingerprint: "", settings: webSocketDefaults, principal: null };
  const tunnel = new Tunnel({ ...of, upstream: opened.socket, metrics, onEnd: nothing });
  tunnel.opened(client);
  return tunnel;
}

test.each([
  ["", 1006],
  ["WebSocket timed out from inactivity", 1006],
  ["Received TCP FIN before WebSocket close frame", 1006],
  ["Received too big message", 1009],
  ["Received invalid UTF-8", 1007],
  ["Received invalid opcode", 1002],
])("the service sees why its client was cut: %p is %d", async (reason, code) => {
  await using service = startSocketService();
  const tunnel = await openTunnel(service.url);
  tunnel.closed(1006, reason);
  expect((await service.closes.next()).code).toBe(code);
});
