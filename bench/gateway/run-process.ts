import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { imageEnvironment } from "@libs/testing";
import type { LoadRequest } from "./wrk.ts";

export interface RunningProcess {
  readonly pid: number;
  stop(): Promise<void>;
}

const firstRequest: LoadRequest = { path: "/r0/items" };

/** Starts a server and waits until it answers `probe` with 200 on its port. Throws with its output if it exits before that. */
export async function runServer(
  command: readonly string[],
  port: number,
  probe: LoadRequest = firstRequest,
): Promise<RunningProcess> {
  const child = Bun.spawn([...command], {
    stdout: "ignore",
    stderr: "pipe",
    env: { ...process.env, ...(await imageEnvironment()) },
  });
  for (const deadline = Date.now() + 120_000; Date.now() < deadline; await Bun.sleep(50)) {
    if (child.exitCode !== null)
      throw new Error(`${command[0]} ended: ${await new Response(child.stderr).text()}`);
    if (await answers(port, probe)) {
      return {
        pid: child.pid,
        async stop() {
          child.kill("SIGTERM");
          await Promise.race([child.exited, Bun.sleep(3000).then(() => child.kill("SIGKILL"))]);
          await child.exited;
        },
      };
    }
  }
  child.kill("SIGKILL");
  throw new Error(`${command[0]} did not answer 200 on port ${port} within 120 s`);
}

async function answers(port: number, { path, headers = {} }: LoadRequest): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(1000);
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers, signal });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}

/** A directory that is removed when the work is done. */
export async function withDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "cartway-bench-"));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
