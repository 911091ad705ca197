import { join } from "node:path";
import { haproxyFront } from "../haproxy-front.ts";
import { type Peer, type PeerJob, routePrefixes } from "../peer.ts";

/** One thread per processor; routes by a map on the first path segment, HAProxy's own way for many routes. */
export const haproxy: Peer = {
  name: "HAProxy",
  missing: () => (Bun.which("haproxy") === null ? "apt-get install haproxy" : null),
  async prepare(job) {
    const file = join(job.directory, "haproxy.cfg");
    const map = join(job.directory, "routes.map");
    await Bun.write(
      map,
      routePrefixes(job.routes)
        .map((prefix) => `${prefix.slice(1)} upstream\n`)
        .join(""),
    );
    await Bun.write(file, haproxyConfig(job, map));
    return ["haproxy", "-db", "-f", file];
  },
};

function haproxyConfig({ upstreamPort, port, workers }: PeerJob, map: string): string {
  return `${haproxyFront(port, workers)}
  use_backend %[path,field(2,/),map_str(${map})]
backend upstream
  server one 127.0.0.1:${upstreamPort} pool-max-conn 1024
`;
}
