import { join } from "node:path";
import type { HubPeer } from "../peer.ts";
import { plainWire, publishPlainly } from "./plain-wire.ts";

/** https://github.com/websockets/ws on Node: no rooms, no recovery, no built-in acks; the lower bound for a hub on Node. */
export const ws: HubPeer = {
  name: "ws (Node)",
  missing: () => (Bun.which("node") === null ? "install Node" : null),
  prepare: async ({ port }) => ["node", join(import.meta.dir, "ws-server.mjs"), String(port)],
  publish: publishPlainly,
  wire: plainWire,
};
