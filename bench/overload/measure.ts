import { join } from "node:path";
import { freePort } from "@libs/testing";
import { runServer, withDirectory } from "../gateway/run-process.ts";
import type { Figure } from "@libs/measuring";
import { startGateway } from "../soak/support/start-gateway.ts";
import { offerLoad, type Outcome } from "./offer-load.ts";
import { capacity, patienceMs, type Setup, service, waiting } from "./setups.ts";

/** Of overload, before anything is measured: the heap of a process takes these to reach the size that it keeps. */
const warmSeconds = 20;
const peakSeconds = 15;
const recoverySeconds = 8;
const sampleMs = 2000;

/** One setup, once warm: load at the service's capacity, then twice that, then immediately half of it. */
export async function measure(setup: Setup, seconds: number): Promise<readonly Figure[]> {
  return await withDirectory(async (directory) => {
    const port = await freePort();
    const program = join(import.meta.dir, "service.ts");
    const size = [String(service.workers), String(service.workMs)];
    const upstream = await runServer([process.execPath, program, String(port), ...size], port);
    const gateway = await startGateway(configOf(setup, port), directory);
    const offer = (factor: number, duration: number): Promise<Outcome> =>
      offerLoad({
        url: `${gateway.url}/r0/items`,
        perSecond: capacity * factor,
        seconds: duration,
        patienceMs,
      });
    try {
      await offer(2, warmSeconds);
      await offer(0.5, recoverySeconds);
      const peak = await offer(1, peakSeconds);
      const samples: number[] = [];
      const sampling = setInterval(() => samples.push(gateway.residentMiB()), sampleMs);
      const over = await offer(2, seconds);
      clearInterval(sampling);
      const after = await offer(0.5, recoverySeconds);
      const figures = figuresOf({ peak, over, after, samples });
      return setup.isBound ? figures : figures.map(({ what, value, unit }) => ({ what, value, unit }));
    } finally {
      await gateway.stop();
      await upstream.stop();
    }
  });
}

function configOf({ policies }: Setup, port: number): object {
  return {
    version: 1,
    services: { slow: { discovery: { type: "static", targets: [{ url: `http://127.0.0.1:${port}` }] } } },
    routes: [{ id: "r0", match: { path: "/r0/*" }, service: "slow", policies }],
  };
}

interface Phases {
  readonly peak: Outcome;
  readonly over: Outcome;
  readonly after: Outcome;
  readonly samples: readonly number[];
}

function figuresOf({ peak, over, after, samples }: Phases): readonly Figure[] {
  const half = Math.ceil(samples.length / 2);
  const early = Math.max(...samples.slice(0, half));
  const late = Math.max(...samples.slice(half));
  const unit = "";
  return [
    { what: "goodput offered all that the service can do", value: peak.goodput, unit: "/s" },
    { what: "goodput offered twice as much", value: over.goodput, unit: "/s" },
    { what: "of the peak", value: over.goodput / peak.goodput, unit: "x", atLeast: 0.9 },
    { what: "p99 of its answers", value: over.answerP99Ms, unit: "ms", atMost: patienceMs },
    { what: "refused", value: over.refused, unit },
    {
      what: "told when to come again",
      value: over.refused === 0 ? 1 : over.refusedWithRetryAfter / over.refused,
      unit: "x",
      atLeast: 1,
    },
    {
      what: "p99 of refusals, wait in the queue included",
      value: over.refusalP99Ms,
      unit: "ms",
      atMost: waiting.waitMaxMs + 100,
    },
    { what: "gave up", value: over.gaveUp, unit },
    { what: "resident at most, first half", value: early, unit: "MiB" },
    { what: "second half over first", value: late / early, unit: "x", atMost: 1.1 },
    {
      what: "after it, at half load: last one not served",
      value: after.troubledSeconds,
      unit: "s",
      atMost: 5,
    },
  ];
}
