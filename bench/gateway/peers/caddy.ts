import { join } from "node:path";
import { type Peer, type PeerJob, routePrefixes } from "../peer.ts";

/** Uses as many processors as every other peer. */
export const caddy: Peer = {
  name: "Caddy",
  missing: () => (Bun.which("caddy") === null ? "apt-get install caddy" : null),
  async prepare(job) {
    const file = join(job.directory, "caddy.json");
    await Bun.write(file, JSON.stringify(caddyConfig(job)));
    return ["env", `GOMAXPROCS=${job.workers}`, `HOME=${job.directory}`, "caddy", "run", "--config", file];
  },
};

function caddyConfig({ upstreamPort, routes, port }: PeerJob): object {
  const handle = [
    {
      handler: "reverse_proxy",
      upstreams: [{ dial: `127.0.0.1:${upstreamPort}` }],
      transport: { protocol: "http", keep_alive: { max_idle_conns_per_host: 512 } },
    },
  ];
  return {
    admin: { disabled: true },
    logging: { logs: { default: { level: "ERROR" } } },
    apps: {
      http: {
        servers: {
          front: {
            listen: [`127.0.0.1:${port}`],
            automatic_https: { disable: true },
            routes: routePrefixes(routes).map((prefix) => ({ match: [{ path: [`${prefix}/*`] }], handle })),
          },
        },
      },
    },
  };
}
