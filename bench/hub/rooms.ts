/**
 * `bun run bench:hub-rooms [--rooms 900] [--members 20] [--rate 2] [--seconds 10] [--connections N] [--coalesce 0,5] [--workers N]`: publishes to
 * each of the rooms at a rate per second over `POST /hub/publish`, up to 500 per call, in an open loop. The
 * members are spread over N connections, by default one each, and the run is repeated with each window
 * within which a connection's frames are sent in one write (`coalesceMs`). Checks each member's offsets: exits 1
 * if a frame is missing.
 */
import { readCommandLine } from "@libs/command-line";
import { freePort } from "@libs/testing";
import { processUsage } from "../gateway/process-usage.ts";
import { runServer, withDirectory } from "../gateway/run-process.ts";
import { Latencies } from "@libs/measuring";
import { prepareCartway } from "./peers/cartway.ts";
import { publishAll } from "./publish-all.ts";
import { openRoomMembers } from "./room-members.ts";

const usage = `usage: bun run bench:hub-rooms [options]

  --rooms N --members N  rooms, and members of each (900, 20)
  --rate N --seconds N   messages a second to each room, for so long (2, 10)
  --connections N        over which the members are spread evenly; one for each of them where not given
  --coalesce N,N         a run for each of these windows in ms (0)
  --workers N            processes of the gateway, which need REDIS_URL (1)`;
const { values, number, numbers, refuse } = readCommandLine(usage, {
  options: {
    rooms: { type: "string", default: "900" },
    members: { type: "string", default: "20" },
    rate: { type: "string", default: "2" },
    seconds: { type: "string", default: "10" },
    connections: { type: "string" },
    coalesce: { type: "string", default: "0" },
    workers: { type: "string", default: "1" },
  },
});
const rooms = number("rooms");
const members = number("members");
const rate = number("rate");
const seconds = number("seconds");
const workers = number("workers");
if (workers > 1 && process.env.REDIS_URL === undefined) refuse("several workers need REDIS_URL");
const memberships = rooms * members;
const connections = values.connections === undefined ? memberships : number("connections");
const roomsEach = memberships / connections;
if (!Number.isInteger(roomsEach) || roomsEach > rooms)
  refuse(`${memberships} members are not spread evenly over ${connections} connections`);

/** No room twice on a connection, and the requested number of members in each room. */
function roomsOf(index: number): readonly number[] {
  return Array.from({ length: roomsEach }, (_, turn) => (index * roomsEach + turn) % rooms);
}

interface Row {
  readonly "window ms": number;
  readonly "published/s": number;
  readonly "deliveries/s": number;
  readonly missing: number;
  readonly "CPU us/delivery": string;
  readonly "server CPU": string;
  /** Of this process, which publishes and receives. */
  readonly "client CPU": string;
  readonly "p50 ms": string;
  readonly "p99 ms": string;
}

function measure(coalesceMs: number): Promise<Row> {
  return withDirectory(async (directory) => {
    const port = await freePort();
    const command = await prepareCartway({ port, directory, servicePort: 9, workers }, { coalesceMs });
    const server = await runServer(command, port, { path: "/healthz" });
    try {
      const held = await openRoomMembers({ port, connections, roomsOf, delays: new Latencies() });
      const { heard } = held;
      const ownBefore = process.cpuUsage();
      const before = processUsage(server.pid).cpuSeconds;
      const startedAt = performance.now();
      const published = await publishAll({ port, rooms, ratePerSec: rate * rooms, seconds });
      const expected = published * members;
      for (let waited = 0; waited < 100 && heard.frames < expected; waited++) await Bun.sleep(100);
      const elapsed = (performance.now() - startedAt) / 1000;
      const cpu = processUsage(server.pid).cpuSeconds - before;
      const own = process.cpuUsage(ownBefore);
      held.close();
      return {
        "window ms": coalesceMs,
        "published/s": Math.round(published / elapsed),
        "deliveries/s": Math.round(heard.frames / elapsed),
        missing: expected - heard.frames + heard.gaps,
        "CPU us/delivery": ((cpu / heard.frames) * 1e6).toFixed(2),
        "server CPU": `${Math.round((cpu / elapsed) * 100)} %`,
        "client CPU": `${Math.round((own.user + own.system) / elapsed / 10_000)} %`,
        "p50 ms": heard.delays.percentile(0.5).toFixed(1),
        "p99 ms": heard.delays.percentile(0.99).toFixed(1),
      };
    } finally {
      await server.stop();
    }
  });
}

console.log(
  `${rooms} rooms of ${members} over ${connections} connections, ${rate} messages a second to each room`,
);
const rows: Row[] = [];
for (const window of numbers("coalesce")) rows.push(await measure(window));
console.table(rows);
process.exit(rows.every((row) => row.missing === 0) ? 0 : 1);
