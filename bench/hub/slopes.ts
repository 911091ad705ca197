/**
 * `bun run bench:hub-slopes [--counts 4500,9000,18000] [--seconds 20] [--heartbeat-ms 25000]`: the cost of a connection to the
 * gateway, by holding several numbers of them: authenticated, each in its own room and in one of twenty, with heartbeats.
 * Prints resident bytes above the empty process and CPU for each number, and the slopes between the smallest and the largest.
 */
import { readCommandLine } from "@libs/command-line";
import { freePort } from "@libs/testing";
import { processUsage } from "../gateway/process-usage.ts";
import { runServer, withDirectory } from "../gateway/run-process.ts";
import { holdConnections } from "./hold-connections.ts";
import { benchToken, cartway } from "./peers/cartway.ts";

const usage = "usage: bun run bench:hub-slopes [--counts N,N,N] [--seconds N] [--heartbeat-ms N]";
const { number, numbers } = readCommandLine(usage, {
  options: {
    counts: { type: "string", default: "4500,9000,18000" },
    seconds: { type: "string", default: "20" },
    "heartbeat-ms": { type: "string", default: "25000" },
  },
});
const seconds = number("seconds");
const heartbeatMs = number("heartbeat-ms");

interface Held {
  readonly connections: number;
  readonly residentBytes: number;
  /** Of one core. */
  readonly cpuShare: number;
  /** As it is printed. */
  readonly row: Readonly<Record<string, string | number>>;
}

async function hold(count: number): Promise<Held> {
  return await withDirectory(async (directory) => {
    const port = await freePort();
    const command = await cartway.prepare({ port, directory, servicePort: 9 });
    const server = await runServer(command, port, { path: "/healthz" });
    try {
      // what starting took is given back within a second or two, and must not be taken for what the empty process needs
      await Bun.sleep(3000);
      const empty = processUsage(server.pid).residentBytes;
      const held = await holdConnections({ port, count, heartbeatMs, token: benchToken });
      await Bun.sleep(5000);
      const before = processUsage(server.pid).cpuSeconds;
      await Bun.sleep(seconds * 1000);
      const after = processUsage(server.pid);
      const cpuShare = (after.cpuSeconds - before) / seconds;
      held.close();
      const { residentBytes } = after;
      const row = {
        connections: count,
        "opened/s": Math.round(held.ratePerSec),
        "bytes/connection": Math.round((residentBytes - empty) / count),
        "resident MB": Math.round(residentBytes / 1e6),
        "CPU us/heartbeat": ((cpuShare * 1e6) / ((count * 1000) / heartbeatMs)).toFixed(1),
        "CPU % of a core": (cpuShare * 100).toFixed(1),
      };
      return { connections: count, residentBytes, cpuShare, row };
    } finally {
      await server.stop();
    }
  });
}

const all: Held[] = [];
for (const count of numbers("counts")) all.push(await hold(count));
console.table(all.map(({ row }) => row));
const [least] = all;
const most = all.at(-1);
if (least !== undefined && most !== undefined && most !== least) {
  const more = most.connections - least.connections;
  const bytes = (most.residentBytes - least.residentBytes) / more;
  const cpu = ((most.cpuShare - least.cpuShare) / more) * 100_000;
  console.log(
    `slope: ${Math.round(bytes)} bytes a connection; ${(cpu * 100).toFixed(0)} % of a core for 100,000 idle connections with a heartbeat each ${heartbeatMs / 1000} s`,
  );
}
process.exit(0);
