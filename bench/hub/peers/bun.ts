import { join } from "node:path";
import type { HubPeer } from "../peer.ts";
import { plainWire, publishPlainly } from "./plain-wire.ts";

/** Bun's own server with its native topics: the lower bound for Cartway, without limits, ids, metrics, history or services. */
export const bun: HubPeer = {
  name: "Bun alone",
  missing: () => null,
  prepare: async ({ port }) => [process.execPath, join(import.meta.dir, "bun-server.ts"), String(port)],
  publish: publishPlainly,
  wire: plainWire,
};
