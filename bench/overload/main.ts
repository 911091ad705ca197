/**
 * `bun run bench:overload [--seconds N]`: a service of four workers at 20 ms each, which can do 200 requests a second, is offered
 * half, all and twice of that through the gateway: without a queue, with a `queue` of a fixed size, and with an adaptive one.
 * Clients give up after half a second. Goodput is what was answered in time.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { freePort } from "@libs/testing";
import { runServer, withDirectory } from "../gateway/run-process.ts";
import { startGateway } from "../soak/start-gateway.ts";
import { offerLoad } from "./offer-load.ts";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "15" } } });
const seconds = Number(values.seconds);
const workers = 4;
const workMs = 20;
const capacity = (workers * 1000) / workMs;
const patienceMs = 500;

const waiting = { waitMaxMs: 200, waitingMax: 40, waitingPerTenantMax: 40 };
const setups: Readonly<Record<string, readonly object[]>> = {
  "no queue": [],
  "queue, 6 in flight": [{ type: "queue", concurrency: 6, ...waiting }],
  "queue, adaptive": [{ type: "queue", adaptive: { initial: 20, min: 2, windowMs: 200 }, ...waiting }],
};

const columns = [
  "setup",
  "offered/s",
  "goodput/s",
  "of capacity",
  "p99 ms",
  "refused",
  "told when",
  "their p99 ms",
  "gave up",
  "MiB",
];
console.log(columns.map((name, index) => (index === 0 ? name.padEnd(20) : name.padStart(13))).join(""));
for (const [name, policies] of Object.entries(setups))
  for (const factor of [0.5, 1, 2]) await measure(name, policies, factor);

async function measure(name: string, policies: readonly object[], factor: number): Promise<void> {
  await withDirectory(async (directory) => {
    const port = await freePort();
    const service = join(import.meta.dir, "service.ts");
    const upstream = await runServer(
      [process.execPath, service, String(port), String(workers), String(workMs)],
      port,
    );
    const gateway = await startGateway(
      {
        version: 1,
        services: {
          slow: { discovery: { type: "static", targets: [{ url: `http://127.0.0.1:${port}` }] } },
        },
        routes: [{ id: "r0", match: { path: "/r0/*" }, service: "slow", policies }],
      },
      directory,
    );
    const perSecond = capacity * factor;
    const outcome = await offerLoad({ url: `${gateway.url}/r0/items`, perSecond, seconds, patienceMs });
    const cells = [
      perSecond,
      outcome.goodput.toFixed(1),
      `${((outcome.goodput / capacity) * 100).toFixed(0)} %`,
      outcome.answerP99Ms.toFixed(0),
      outcome.refused,
      outcome.refusedWithRetryAfter,
      outcome.refusalP99Ms.toFixed(0),
      outcome.gaveUp,
      gateway.residentMiB().toFixed(0),
    ];
    console.log(name.padEnd(20) + cells.map((cell) => String(cell).padStart(13)).join(""));
    await gateway.stop();
    await upstream.stop();
  });
}
