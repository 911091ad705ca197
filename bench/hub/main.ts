/**
 * `bun run bench:hub [--connections 5000] [--seconds 5]`: the same work on Cartway's hub and on others, one after the other on
 * this machine: events acknowledged over 50 connections, one message to all of many connections, memory per connection. The
 * load runs beside the server: compare the columns with each other, and CPU per frame rather than frames per second. The last two
 * do nothing else: they are the lower bound. `--only NAME,NAME` leaves the others out; `--pin` keeps the servers on the first core;
 * `--workers N` is for Cartway alone, and needs `REDIS_URL`.
 *
 * `sent in ms` is how long the server's busiest thread worked for one message to all: where it has a core of its own, so long until
 * the last connection's copy was handed to the kernel. The clients need longer to read theirs.
 */
import { readCommandLine } from "@libs/command-line";
import { freePort } from "@libs/testing";
import { runServer, withDirectory } from "../gateway/run-process.ts";
import { busiestSince, threadTimes } from "../gateway/thread-times.ts";
import { processUsage } from "../gateway/process-usage.ts";
import { Latencies } from "@libs/measuring";
import { openClients } from "./drive.ts";
import type { HubPeer } from "./peer.ts";
import { bun } from "./peers/bun.ts";
import { cartway, cartwayLimited } from "./peers/cartway.ts";
import { centrifuge } from "./peers/centrifuge.ts";
import { socketIo } from "./peers/socket-io.ts";
import { uwebsockets } from "./peers/uwebsockets.ts";
import { ws } from "./peers/ws.ts";

const allPeers: readonly HubPeer[] = [cartway, cartwayLimited, ws, socketIo, centrifuge, bun, uwebsockets];
const usage =
  "usage: bun run bench:hub [--connections N] [--seconds N] [--only NAME,NAME] [--pin] [--workers N]";
const { values, number, refuse } = readCommandLine(usage, {
  options: {
    connections: { type: "string", default: "5000" },
    seconds: { type: "string", default: "5" },
    only: { type: "string" },
    pin: { type: "boolean", default: false },
    workers: { type: "string", default: "1" },
  },
});
const connections = number("connections");
const seconds = number("seconds");
const workers = number("workers");
if (workers > 1 && process.env.REDIS_URL === undefined) refuse("several workers need REDIS_URL");
const senders = 50;
const inFlight = 20;
const rounds = 20;
const warmUpRounds = 5;

interface Row {
  readonly peer: string;
  readonly "acked/s": number;
  readonly "CPU us/frame": string;
  readonly "ack p99 ms": string;
  readonly "sent in ms": string;
  readonly "fan-out p50 ms": string;
  readonly "CPU us/delivery": string;
  readonly "bytes/connection": number;
}

/** The service behind Cartway: accepts and acknowledges batches. Its CPU is not counted. */
const service = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch(request) {
    const elements: unknown = await request.json();
    return Response.json({
      accepted: Array.isArray(elements) ? elements.length : 1,
      duplicates: 0,
      rejected: [],
    });
  },
});

/** A fresh server for each half, so that memory of the first does not count in the second. */
async function measure(peer: HubPeer): Promise<Row> {
  const acked = await withServer(peer, (port, pid) => measureAcks(peer, port, pid));
  const fanned = await withServer(peer, (port, pid) => measureFanOut(peer, port, pid));
  return { peer: peer.name, ...acked, ...fanned };
}

function withServer<T>(peer: HubPeer, work: (port: number, pid: number) => Promise<T>): Promise<T> {
  return withDirectory(async (directory) => {
    const port = await freePort();
    const command = await peer.prepare({ port, directory, servicePort: Number(service.port), workers });
    const pinned = values.pin ? ["taskset", "-c", "0", ...command] : command;
    const server = await runServer(pinned, port, { path: "/healthz" });
    try {
      return await work(port, server.pid);
    } finally {
      await server.stop();
    }
  });
}

async function measureAcks(peer: HubPeer, port: number, pid: number) {
  const clients = await openClients(port, peer.wire, senders);
  clients.send(inFlight);
  await Bun.sleep(2000);
  const before = { acks: clients.acks(), cpu: processUsage(pid).cpuSeconds, at: performance.now() };
  await Bun.sleep(seconds * 1000);
  const frames = clients.acks() - before.acks;
  const cpu = processUsage(pid).cpuSeconds - before.cpu;
  const elapsed = (performance.now() - before.at) / 1000;
  clients.stop();
  const p99 = clients.latencies().percentile(0.99);
  clients.close();
  await Bun.sleep(500);
  return {
    "acked/s": Math.round(frames / elapsed),
    "CPU us/frame": ((cpu / frames) * 1e6).toFixed(1),
    "ack p99 ms": p99.toFixed(1),
  };
}

async function measureFanOut(peer: HubPeer, port: number, pid: number) {
  const empty = processUsage(pid).residentBytes;
  const clients = await openClients(port, peer.wire, connections);
  await Bun.sleep(2000);
  const held = processUsage(pid).residentBytes - empty;
  const publishOne = async (): Promise<number> => {
    const startedAt = performance.now();
    const wanted = clients.ticks() + connections;
    await peer.publish(port);
    while (clients.ticks() < wanted) await Bun.sleep(1);
    return performance.now() - startedAt;
  };
  for (let round = 0; round < warmUpRounds; round++) await publishOne();
  const [times, sending] = [new Latencies(), new Latencies()];
  const before = processUsage(pid).cpuSeconds;
  for (let round = 0; round < rounds; round++) {
    const threads = threadTimes(pid);
    times.add(await publishOne());
    sending.add(busiestSince(threads, threadTimes(pid)));
  }
  const cpu = processUsage(pid).cpuSeconds - before;
  clients.close();
  await Bun.sleep(500);
  return {
    "sent in ms": sending.percentile(0.5).toFixed(1),
    "fan-out p50 ms": times.percentile(0.5).toFixed(1),
    "CPU us/delivery": ((cpu / (rounds * connections)) * 1e6).toFixed(1),
    "bytes/connection": Math.round(held / connections),
  };
}

const rows: Row[] = [];
const only = values.only?.split(",");
const peers = workers > 1 ? [cartway] : allPeers;
for (const peer of peers.filter(({ name }) => only?.includes(name) ?? true)) {
  const missing = peer.missing();
  if (missing === null) rows.push(await measure(peer));
  else console.log(`${peer.name} is left out: ${missing}`);
}
console.table(rows);
await service.stop(true);
process.exit(0);
