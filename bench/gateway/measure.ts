import { messageOf } from "@libs/errors";
import { freePort } from "@libs/testing";
import { offerConstantly } from "./constant-rate/constant-load.ts";
import { processUsage } from "./process-usage.ts";
import { runServer, withDirectory } from "./run-process.ts";
import { upstreamCommand } from "./upstream.ts";
import { type LoadRequest, type LoadResult, runWrk } from "./wrk.ts";

export interface Measurement extends LoadResult {
  readonly cpuMicros: number;
  readonly residentMiB: number;
  /** At half of `perSecond`, if measured. */
  readonly halfLoad: HalfLoad | null;
}

/** The 99th percentile of latencies at a constant rate, from when each request was due: through the subject, and without it. */
export interface HalfLoad {
  readonly p99Ms: number;
  readonly directP99Ms: number;
}

/** Where a subject runs: before which upstream, on which port, with a directory of its own that is gone after the run. */
export interface Place {
  readonly upstreamPort: number;
  readonly port: number;
  readonly directory: string;
}

/** A peer with its job. */
export interface Subject {
  readonly name: string;
  /** Why it cannot run here, or `null`. */
  missing(): string | null;
  /** The command that serves in the foreground. */
  command(place: Place): Promise<readonly string[]>;
}

export interface LoadPlan {
  readonly seconds: number;
  readonly connections: number;
  readonly requests: readonly LoadRequest[];
  /** Also measures half of the subject's maximum load, through it and directly. */
  readonly halfLoad?: boolean;
}

/** The time JavaScriptCore takes to compile hot code: 3 us of each request in the first five seconds, nothing after. */
const warmUpSeconds = 5;

/** One round of one subject: figures, or why there are none. CPU is the subject's own, without upstream and wrk. */
async function measure(subject: Subject, plan: LoadPlan): Promise<Measurement | string> {
  const missing = subject.missing();
  if (missing !== null) return missing;
  return await withDirectory(async (directory) => {
    const [upstreamPort, port] = [await freePort(), await freePort()];
    const upstream = await runServer(await upstreamCommand(upstreamPort, directory), upstreamPort);
    try {
      const command = await subject.command({ upstreamPort, port, directory });
      const server = await runServer(command, port, plan.requests[0]);
      try {
        const load = { ...plan, url: `http://127.0.0.1:${port}`, directory };
        await runWrk({ ...load, seconds: warmUpSeconds });
        const before = processUsage(server.pid);
        const result = await runWrk(load);
        const after = processUsage(server.pid);
        const cpuMicros = ((after.cpuSeconds - before.cpuSeconds) * 1e6) / result.requests;
        const residentMiB = after.residentBytes / 2 ** 20;
        const perSecond = result.perSecond / 2;
        const halfLoad =
          plan.halfLoad === true
            ? await measureHalfLoad({ ...plan, perSecond }, { upstreamPort, port })
            : null;
        return { ...result, cpuMicros, residentMiB, halfLoad };
      } finally {
        await server.stop();
      }
    } catch (thrown) {
      return messageOf(thrown).slice(0, 500);
    } finally {
      await upstream.stop();
    }
  });
}

async function measureHalfLoad(
  { seconds, connections, requests, perSecond }: LoadPlan & { readonly perSecond: number },
  { upstreamPort, port }: Pick<Place, "upstreamPort" | "port">,
): Promise<HalfLoad> {
  const load = { perSecond, seconds, connections, requests };
  const p99Of = async (target: number): Promise<number> => {
    const { requests: sent, errors, p99Ms } = await offerConstantly({ ...load, port: target });
    if (errors > 0) throw new Error(`at ${Math.round(perSecond)}/s ${errors} of ${sent} failed`);
    return p99Ms;
  };
  const directP99Ms = await p99Of(upstreamPort);
  return { p99Ms: await p99Of(port), directP99Ms };
}

/** Several rounds, the subjects one after the other in each, so that changes in the machine's speed affect all. */
export async function measureAll(
  subjects: readonly Subject[],
  plan: LoadPlan,
  rounds: number,
): Promise<ReadonlyMap<string, readonly Measurement[]>> {
  const measurements = new Map<string, Measurement[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const subject of subjects) {
      const measured = await measure(subject, plan);
      if (typeof measured === "string") console.log(`${subject.name}: not measured: ${measured}`);
      else measurements.set(subject.name, [...(measurements.get(subject.name) ?? []), measured]);
    }
  }
  return measurements;
}
