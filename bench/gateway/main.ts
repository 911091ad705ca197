/**
 * `bun run bench [--seconds N] [--connections N] [--routes 1,10000] [--peers nginx,cartway] [--rounds N]`: the gateway beside
 * its peers, one after the other, each doing the same job before the same upstream, several rounds so that a machine
 * whose speed drifts hits them all. Prints the median of each figure and the ratio to nginx. Absolute figures mean
 * something on this machine only; the ratios travel.
 */
import { parseArgs } from "node:util";
import { freePort } from "@libs/testing";
import type { Peer } from "./peer.ts";
import { caddy } from "./peers/caddy.ts";
import { cartway } from "./peers/cartway.ts";
import { fastify } from "./peers/fastify.ts";
import { haproxy } from "./peers/haproxy.ts";
import { nginx } from "./peers/nginx.ts";
import { processUsage } from "./process-usage.ts";
import { runServer, withDirectory } from "./run-process.ts";
import { upstreamCommand } from "./upstream.ts";
import { type LoadResult, runWrk } from "./wrk.ts";

interface Measurement extends LoadResult {
  readonly cpuMicros: number;
  readonly residentMiB: number;
}

const allPeers: readonly Peer[] = [nginx, haproxy, caddy, fastify, cartway];

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "5" },
    connections: { type: "string", default: "64" },
    routes: { type: "string", default: "1,10000" },
    rounds: { type: "string", default: "3" },
    peers: { type: "string" },
  },
});
const wanted = values.peers?.toLowerCase().split(",");
const peers = allPeers.filter(
  (peer) => wanted === undefined || wanted.some((name) => peer.name.toLowerCase().includes(name)),
);

for (const routes of values.routes.split(",").map(Number)) {
  const measurements = new Map<string, Measurement[]>();
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const peer of peers) {
      const measured = await measure(peer, routes);
      if (typeof measured === "string") console.log(`${peer.name}: not measured: ${measured}`);
      else measurements.set(peer.name, [...(measurements.get(peer.name) ?? []), measured]);
    }
  }
  print(routes, measurements);
}

async function measure(peer: Peer, routes: number): Promise<Measurement | string> {
  const missing = peer.missing();
  if (missing !== null) return missing;
  return await withDirectory(async (directory) => {
    const [upstreamPort, port] = [await freePort(), await freePort()];
    const upstream = await runServer(await upstreamCommand(upstreamPort, directory), upstreamPort);
    try {
      const server = await runServer(await peer.prepare({ upstreamPort, routes, port, directory }), port);
      try {
        const load = {
          url: `http://127.0.0.1:${port}`,
          connections: Number(values.connections),
          routes,
          directory,
        };
        await runWrk({ ...load, seconds: 2 });
        const before = processUsage(server.pid);
        const result = await runWrk({ ...load, seconds: Number(values.seconds) });
        const after = processUsage(server.pid);
        const cpuMicros = ((after.cpuSeconds - before.cpuSeconds) * 1e6) / result.requests;
        return { ...result, cpuMicros, residentMiB: after.residentBytes / 2 ** 20 };
      } finally {
        await server.stop();
      }
    } catch (thrown) {
      return thrown instanceof Error ? thrown.message.slice(0, 500) : String(thrown);
    } finally {
      await upstream.stop();
    }
  });
}

function print(routes: number, measurements: ReadonlyMap<string, readonly Measurement[]>): void {
  console.log(
    `\n${routes} route${routes === 1 ? "" : "s"}, ${values.connections} connections, median of ${values.rounds}`,
  );
  console.log(
    "peer                   req/s   p50 ms   p99 ms p99.9 ms  CPU us/req  RSS MiB  errors  CPU vs nginx",
  );
  const reference = median(measurements.get(nginx.name) ?? [], (one) => one.cpuMicros);
  for (const [name, runs] of measurements) {
    const of = (pick: (one: Measurement) => number) => median(runs, pick);
    const cells = [
      of((one) => one.perSecond)
        .toFixed(0)
        .padStart(8),
      of((one) => one.p50Ms)
        .toFixed(2)
        .padStart(8),
      of((one) => one.p99Ms)
        .toFixed(2)
        .padStart(8),
      of((one) => one.p999Ms)
        .toFixed(2)
        .padStart(8),
      of((one) => one.cpuMicros)
        .toFixed(1)
        .padStart(11),
      of((one) => one.residentMiB)
        .toFixed(0)
        .padStart(8),
      of((one) => one.errors)
        .toFixed(0)
        .padStart(7),
      `${(of((one) => one.cpuMicros) / reference).toFixed(2)} x`.padStart(13),
    ];
    console.log(name.padEnd(20) + cells.join(" "));
  }
}

function median(runs: readonly Measurement[], pick: (one: Measurement) => number): number {
  const sorted = runs.map(pick).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
