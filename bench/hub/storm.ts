/**
 * `bun run bench:hub-storm [--connections 18000]`: all clients of a gateway that was killed reconnect at the same moment, each
 * authenticated and into its two rooms, while one that is already connected continues to send. Exits 1 if they are not all back
 * within 10 s.
 */
import { readCommandLine } from "@libs/command-line";
import { freePort } from "@libs/testing";
import { processUsage } from "../gateway/process-usage.ts";
import { runServer, withDirectory } from "../gateway/run-process.ts";
import { Latencies } from "@libs/measuring";
import { holdConnections } from "./hold-connections.ts";
import { benchToken, cartway } from "./peers/cartway.ts";

const usage = "usage: bun run bench:hub-storm [--connections N]";
const { number } = readCommandLine(usage, { options: { connections: { type: "string", default: "18000" } } });
const count = number("connections");
const allowedSeconds = 10;

/** Sends one heartbeat after the other, each once the last was answered. */
async function startNeighbour(port: number) {
  const delays = new Latencies();
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  let sentAt = 0;
  const beat = (): void => {
    sentAt = performance.now();
    socket.send('{"type":"heartbeat"}');
  };
  await new Promise<void>((resolve) => {
    socket.addEventListener("message", ({ data }) => {
      if (String(data) !== '{"type":"heartbeat"}') return resolve();
      delays.add(performance.now() - sentAt);
      setTimeout(beat, 10);
    });
  });
  beat();
  return { delays, isOpen: () => socket.readyState === WebSocket.OPEN };
}

const seconds = await withDirectory(async (directory) => {
  const port = await freePort();
  const start = async () =>
    runServer(await cartway.prepare({ port, directory, servicePort: 9 }), port, { path: "/healthz" });
  const first = await start();
  const before = await holdConnections({ port, count, heartbeatMs: 25_000, token: benchToken });
  process.kill(first.pid, "SIGKILL");
  before.close();
  await first.stop();
  const second = await start();
  try {
    const neighbour = await startNeighbour(port);
    const startedAt = performance.now();
    const held = await holdConnections({
      port,
      count,
      heartbeatMs: 25_000,
      token: benchToken,
      opening: count,
    });
    const elapsed = (performance.now() - startedAt) / 1000;
    const { residentBytes } = processUsage(second.pid);
    const [p50, p99] = [0.5, 0.99].map((share) => neighbour.delays.percentile(share).toFixed(0));
    console.log(
      `${count} clients at once: all back in their rooms after ${elapsed.toFixed(1)} s (${Math.round(count / elapsed)}/s), ${Math.round(residentBytes / 1e6)} MB resident; the one that was there ${neighbour.isOpen() ? "stayed" : "was lost"}, its heartbeats answered in p50 ${p50} ms, p99 ${p99} ms`,
    );
    held.close();
    return neighbour.isOpen() ? elapsed : Number.POSITIVE_INFINITY;
  } finally {
    await second.stop();
  }
});
process.exit(seconds <= allowedSeconds ? 0 : 1);
