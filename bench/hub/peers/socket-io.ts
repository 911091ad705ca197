import { join } from "node:path";
import type { HubPeer } from "../peer.ts";

/** Socket.IO 4 on Node, spoken to in its own protocol (https://github.com/socketio/socket.io-protocol). */
export const socketIo: HubPeer = {
  name: "Socket.IO (Node)",
  missing: () => (Bun.which("node") === null ? "install Node" : null),
  prepare: async ({ port }) => ["node", join(import.meta.dir, "socket-io-server.mjs"), String(port)],
  async publish(port) {
    await fetch(`http://127.0.0.1:${port}/publish`);
  },
  wire: {
    path: "/socket.io/?EIO=4&transport=websocket",
    greet(socket, done) {
      return (data) => {
        if (data.startsWith("0")) socket.send("40");
        else if (data.startsWith("40")) done();
        else if (data === "2") socket.send("3");
      };
    },
    event: (number, payload) => `42${number}["cart_event",{"type":"cart_event","payload":${payload}}]`,
    isAck: (data) => data.startsWith("43"),
    isTick: (data) => data.startsWith('42["tick"'),
  },
};
