/**
 * `bun run bench:hub-rooms [--rooms 900] [--members 20] [--rate 2] [--seconds 10]`: so many rooms of so many members, each room
 * published to so often a second over `POST /hub/publish`, in an open loop. Counts what each member hears by its offsets:
 * exits 1 where a frame is missing.
 */
import { readCommandLine } from "@libs/command-line";
import { freePort } from "@libs/testing";
import { processUsage } from "../gateway/process-usage.ts";
import { runServer, withDirectory } from "../gateway/run-process.ts";
import { Latencies } from "../replay/latencies.ts";
import { holdConnections } from "./hold-connections.ts";
import { benchToken, cartway } from "./peers/cartway.ts";

const usage = "usage: bun run bench:hub-rooms [--rooms N] [--members N] [--rate N] [--seconds N]";
const { values } = readCommandLine(usage, {
  options: {
    rooms: { type: "string", default: "900" },
    members: { type: "string", default: "20" },
    rate: { type: "string", default: "2" },
    seconds: { type: "string", default: "10" },
  },
});
const [rooms = 0, members = 0, rate = 0, seconds = 0] = [
  values.rooms,
  values.members,
  values.rate,
  values.seconds,
].map(Number);
const publishersMax = 32;

interface Heard {
  frames: number;
  gaps: number;
  readonly delays: Latencies;
}

/** Every member's frames, and each jump of an offset. */
function listen(sockets: readonly WebSocket[]): Heard {
  const heard: Heard = { frames: 0, gaps: 0, delays: new Latencies() };
  for (const socket of sockets) {
    let last = 0;
    socket.addEventListener("message", ({ data }) => {
      const frame: { type: string; offset?: number; payload?: { at: number } } = JSON.parse(String(data));
      if (frame.type !== "tick") return;
      const { offset = 0, payload } = frame;
      if (offset !== last + 1) heard.gaps += 1;
      last = offset;
      heard.frames += 1;
      heard.delays.add(performance.now() - (payload?.at ?? 0));
    });
  }
  return heard;
}

async function publishAll(port: number): Promise<number> {
  const headers = { authorization: `Bearer ${benchToken("bench")}` };
  const startedAt = performance.now();
  let published = 0;
  const publisher = async (): Promise<void> => {
    for (;;) {
      const elapsedMs = performance.now() - startedAt;
      if (elapsedMs >= seconds * 1000) return;
      if (published >= (elapsedMs / 1000) * rate * rooms) {
        await Bun.sleep(1);
        continue;
      }
      const channel = `room:shop:${published++ % rooms}`;
      const frame = { type: "tick", payload: { at: performance.now() } };
      const response = await fetch(`http://127.0.0.1:${port}/hub/publish`, {
        method: "POST",
        headers,
        body: JSON.stringify({ channel, frame }),
      });
      if (!response.ok) throw new Error(`publishing answered ${response.status}`);
      await response.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: publishersMax }, publisher));
  return published;
}

const missing = await withDirectory(async (directory) => {
  const port = await freePort();
  const server = await runServer(await cartway.prepare({ port, directory, servicePort: 9 }), port, {
    path: "/healthz",
  });
  try {
    const count = rooms * members;
    const held = await holdConnections({ port, count, heartbeatMs: 25_000, token: benchToken, members });
    const heard = listen(held.sockets);
    const before = processUsage(server.pid).cpuSeconds;
    const startedAt = performance.now();
    const published = await publishAll(port);
    const elapsed = (performance.now() - startedAt) / 1000;
    const expected = published * members;
    for (let waited = 0; waited < 100 && heard.frames < expected; waited++) await Bun.sleep(100);
    const cpu = processUsage(server.pid).cpuSeconds - before;
    held.close();
    console.log(
      [
        `${rooms} rooms of ${members}: ${published} published (${(published / elapsed / rooms).toFixed(1)}/s a room, ${Math.round(published / elapsed)}/s in all)`,
        `${heard.frames} of ${expected} deliveries (${Math.round(heard.frames / elapsed)}/s), ${heard.gaps} gaps, p50 ${heard.delays.percentile(0.5).toFixed(1)} ms, p99 ${heard.delays.percentile(0.99).toFixed(1)} ms`,
        `server CPU: ${((cpu / heard.frames) * 1e6).toFixed(1)} us a delivery, ${Math.round((cpu / elapsed) * 100)} % of a core`,
      ].join("\n"),
    );
    return expected - heard.frames + heard.gaps;
  } finally {
    await server.stop();
  }
});
process.exit(missing === 0 ? 0 : 1);
