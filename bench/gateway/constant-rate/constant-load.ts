import { join } from "node:path";
import type { LoadRequest } from "../wrk.ts";

export interface ConstantRequest extends LoadRequest {
  /** `{n}` in the path stands for the number of the request in the load. */
  readonly path: string;
  /** GET where absent. */
  readonly method?: string;
  readonly body?: string;
}

export interface ConstantLoad {
  readonly port: number;
  readonly perSecond: number;
  readonly seconds: number;
  readonly connections: number;
  /** Sent one after the other, over and over. */
  readonly requests: readonly ConstantRequest[];
}

export interface ConstantResult {
  readonly requests: number;
  /** Not answered with 200, or not at all. */
  readonly errors: number;
  /** The same for each of the load's requests. */
  readonly errorsOf: readonly number[];
  /** Of the latencies in milliseconds, from when each request was due to the end of its answer. */
  readonly p99Ms: number;
}

const program = join(import.meta.dir, "client.ts");
/** Up to so many, the client keeps its garbage, 0.75 KB a request: its own collections are no delays of whom it measures. */
const requestsKeptMax = 1_000_000;

/** Runs the load in a separate process. */
export async function offerConstantly(load: ConstantLoad): Promise<ConstantResult> {
  const keepsGarbage = load.perSecond * load.seconds <= requestsKeptMax;
  const client = Bun.spawn([process.execPath, program, JSON.stringify(load)], {
    env: { ...process.env, ...(keepsGarbage ? { BUN_JSC_useGC: "0" } : {}) },
    stdout: "pipe",
    stderr: "pipe",
  });
  const output = await new Response(client.stdout).text();
  if ((await client.exited) !== 0) throw new Error(await new Response(client.stderr).text());
  return JSON.parse(output) as ConstantResult;
}
