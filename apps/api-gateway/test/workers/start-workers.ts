import { join } from "node:path";
import { createTemporaryDirectory, type SpawnedProcess, spawnScript, waitUntil } from "@libs/testing";
import { isAlive, workersOf } from "./process-tree.ts";

const program = join(import.meta.dir, "../../src/main.ts");
const timeoutMs = 60_000;

export interface WorkersOptions {
  readonly config: object;
  readonly workers?: number;
  /** 0 where not given. */
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface StartingWorkers extends AsyncDisposable {
  readonly process: SpawnedProcess;
  readonly configFile: string;
}

export interface RunningWorkers extends StartingWorkers {
  readonly url: string;
  readonly port: number;
  readonly pids: () => ReadonlyMap<number, number>;
  /** Asks the admin port with its token. */
  readonly admin: (path: string, init?: RequestInit) => Promise<Response>;
  /** Resolves when so many workers listen. */
  readonly allUp: (count?: number) => Promise<void>;
}

/** `bun run gateway --workers N` with a config, as a process; it may fail to start. Whatever is left of it is killed at the end. */
export async function spawnWorkers({
  config,
  workers = 2,
  port = 0,
  env = {},
}: WorkersOptions): Promise<StartingWorkers> {
  const directory = await createTemporaryDirectory();
  const configFile = directory.file("gateway.json");
  await Bun.write(configFile, JSON.stringify({ version: 1, ...config }));
  const args = ["--config", configFile, "--port", String(port), "--workers", String(workers)];
  const supervisor = spawnScript(program, args, {
    cwd: directory.path,
    env: { PATH: process.env["PATH"], HOST: "127.0.0.1", ADMIN_PORT: "0", ...env },
  });
  const known = new Set<number>();
  return {
    process: supervisor,
    configFile,
    async [Symbol.asyncDispose]() {
      for (const pid of workersOf(supervisor.pid).values()) known.add(pid);
      await supervisor[Symbol.asyncDispose]();
      for (const pid of known) if (isAlive(pid)) process.kill(pid, "SIGKILL");
      await directory.remove();
    },
  };
}

/** The same, all listening. */
export async function startWorkers(options: WorkersOptions): Promise<RunningWorkers> {
  const starting = await spawnWorkers(options);
  const { process: supervisor } = starting;
  const line = await supervisor.lines.find((text) => text.includes('"the workers are listening"'), {
    timeoutMs,
  });
  const { url, admin } = JSON.parse(line) as { url: string; admin: string };
  const token = await Bun.file(join(starting.configFile, "../data/admin-token")).text();
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${admin}${path}`, { ...init, headers: { authorization: `Bearer ${token.trim()}` } });
  return {
    ...starting,
    url,
    port: Number(new URL(url).port),
    pids: () => workersOf(supervisor.pid),
    admin: ask,
    async allUp(count = options.workers ?? 2) {
      const isUp = async () => {
        const answer = await ask("/metrics");
        return answer.ok && (await answer.text()).includes(`\ncartway_workers_up ${count}\n`);
      };
      await waitUntil(isUp, { what: `${count} workers`, timeoutMs });
    },
  };
}

/** The value of a line of the text format; 0 where there is none. */
export function valueOf(metrics: string, series: string): number {
  const line = metrics.split("\n").find((text) => text.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? 0);
}
