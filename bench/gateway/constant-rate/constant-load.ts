import { join } from "node:path";
import type { LoadRequest } from "../wrk.ts";

export interface ConstantLoad {
  readonly port: number;
  readonly perSecond: number;
  readonly seconds: number;
  readonly connections: number;
  /** Sent one after the other, over and over. */
  readonly requests: readonly LoadRequest[];
}

export interface ConstantResult {
  readonly requests: number;
  /** Not answered with 200, or not at all. */
  readonly errors: number;
  /** Of the latencies in milliseconds, from when each request was due to the end of its answer. */
  readonly p99Ms: number;
}

const program = join(import.meta.dir, "client.ts");

/** Offers the load from a process of its own. @throws Error where a request failed. */
export async function offerConstantly(load: ConstantLoad): Promise<ConstantResult> {
  const client = Bun.spawn([process.execPath, program, JSON.stringify(load)], {
    stdout: "pipe",
    stderr: "pipe",
  });
  const output = await new Response(client.stdout).text();
  if ((await client.exited) !== 0) throw new Error(await new Response(client.stderr).text());
  const result = JSON.parse(output) as ConstantResult;
  if (result.errors > 0)
    throw new Error(`at ${Math.round(load.perSecond)}/s ${result.errors} of ${result.requests} failed`);
  return result;
}
