import { join } from "node:path";
import type { HubPeer } from "../peer.ts";

/** https://github.com/websockets/ws on Node: no rooms, no recovery, no acks of its own; the floor of what a hub costs there. */
export const ws: HubPeer = {
  name: "ws (Node)",
  missing: () => (Bun.which("node") === null ? "install Node" : null),
  prepare: async ({ port }) => ["node", join(import.meta.dir, "ws-server.mjs"), String(port)],
  async publish(port) {
    await fetch(`http://127.0.0.1:${port}/publish`);
  },
  wire: {
    path: "/",
    greet(socket, done) {
      socket.addEventListener("open", done);
      return () => undefined;
    },
    event: (number, payload) => `{"type":"cart_event","id":"e-${number}","payload":${payload}}`,
    isAck: (data) => data.startsWith('{"type":"ack"'),
    isTick: (data) => data.startsWith('{"type":"tick"'),
  },
};
