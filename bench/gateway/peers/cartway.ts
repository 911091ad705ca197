import { join } from "node:path";
import { buildApp } from "@libs/testing";
import { type Peer, type PeerJob, routePrefixes } from "../peer.ts";

/** The gateway by itself, as it is deployed, on a config that needs no store. */
export const cartway: Peer = {
  name: "Cartway",
  missing: () => null,
  async prepare(job) {
    const file = join(job.directory, "gateway.json");
    await Bun.write(file, JSON.stringify(cartwayConfig(job)));
    const place = ["--port", String(job.port), "--workers", String(job.workers)];
    return [process.execPath, await buildApp("api-gateway"), "--config", file, ...place, "--no-admin"];
  },
};

export function cartwayConfig({ upstreamPort, routes }: Pick<PeerJob, "upstreamPort" | "routes">): {
  version: 1;
  services: object;
  routes: object[];
} {
  return {
    version: 1,
    services: {
      upstream: { discovery: { type: "static", targets: [{ url: `http://127.0.0.1:${upstreamPort}` }] } },
    },
    routes: routePrefixes(routes).map((prefix, index) => ({
      id: `r${index}`,
      match: { path: `${prefix}/*` },
      service: "upstream",
    })),
  };
}
