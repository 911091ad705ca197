import { readFile } from "node:fs/promises";
import { freePort, type ServerProcess, waitUntil } from "@libs/testing";

type Start = (options: {
  readonly directory: string;
  readonly durable: boolean;
  readonly port: number;
}) => Promise<ServerProcess | null>;

/** A server for one test that is killed with all processes it has forked, and restarts with its data on disk. */
export interface KillableServer {
  readonly url: string;
  killAndStart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startKillable(
  start: Start,
  { directory, durable }: { readonly directory: string; readonly durable: boolean },
): Promise<KillableServer> {
  const options = { directory, durable, port: await freePort() };
  let server = await begin(start, options);
  return {
    url: server.url,
    async killAndStart() {
      await killWhole(server);
      server = await begin(start, options);
    },
    async stop() {
      await killWhole(server);
    },
  };
}

async function begin(start: Start, options: Parameters<Start>[0]): Promise<ServerProcess> {
  const server = await start(options);
  if (server === null) throw new Error("the server is not installed");
  return server;
}

async function killWhole({ process: { pid, exited } }: ServerProcess): Promise<void> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).split(" ").filter(Boolean);
  for (const one of [pid, ...children.map(Number)]) kill(one);
  await exited;
  await waitUntil(() => children.every((child) => !isAlive(Number(child))), {
    what: "the server to be dead",
  });
}

function kill(pid: number): void {
  if (isAlive(pid)) process.kill(pid, "SIGKILL");
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    throw error;
  }
}
