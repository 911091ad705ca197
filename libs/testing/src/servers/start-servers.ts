import { mkdir } from "node:fs/promises";
import { createTemporaryDirectory } from "../temporary-directory.ts";
import { startClickHouse } from "./clickhouse.ts";
import { startPostgreSQL } from "./postgresql.ts";
import { startRedis } from "./redis.ts";
import type { ServerOptions, ServerProcess } from "./server-process.ts";

export interface PrivateServers {
  /** `REDIS_URL`, `DATABASE_URL` and `CLICKHOUSE_URL` of the servers there are. */
  readonly environment: Readonly<Record<string, string>>;
  /** What could not be started and what to do about it, a line each. */
  readonly missing: readonly string[];
  /** Of the processes started here, by the server's name. */
  readonly pids: Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

interface Kind {
  readonly name: string;
  readonly variable: string;
  readonly hint: string;
  readonly start: (options: ServerOptions) => Promise<ServerProcess | null>;
}

const kinds: readonly Kind[] = [
  {
    name: "redis",
    variable: "REDIS_URL",
    hint: "Redis: install redis-server or set REDIS_URL",
    start: startRedis,
  },
  {
    name: "postgresql",
    variable: "DATABASE_URL",
    hint: "PostgreSQL: install postgresql or set DATABASE_URL",
    start: startPostgreSQL,
  },
  {
    name: "clickhouse",
    variable: "CLICKHOUSE_URL",
    hint: "ClickHouse: set CLICKHOUSE_URL (the embedded engine does not run here)",
    start: startClickHouse,
  },
];

/**
 * Private Redis, PostgreSQL and ClickHouse servers on free ports and in a temporary directory, wherever they can be had and
 * the environment does not name servers already. Everything is gone when they are stopped.
 */
export async function startServers({ durable = false } = {}): Promise<PrivateServers> {
  const directory = await createTemporaryDirectory("cartway-servers-");
  const environment: Record<string, string> = {};
  const missing: string[] = [];
  const started: [name: string, server: ServerProcess][] = [];

  async function stop(): Promise<void> {
    // SIGINT is PostgreSQL's fast shutdown: it does not wait for clients to leave.
    for (const [, server] of started) server.process.kill("SIGINT");
    await Promise.all(started.map(([, server]) => server.process.exited));
    await directory.remove();
  }

  try {
    for (const { name, variable, hint, start } of kinds) {
      const named = process.env[variable];
      if (named !== undefined) {
        environment[variable] = named;
        continue;
      }
      await mkdir(directory.file(name));
      const server = await start({ directory: directory.file(name), durable });
      if (server === null) missing.push(hint);
      else {
        environment[variable] = server.url;
        started.push([name, server]);
      }
    }
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  const pids = Object.fromEntries(started.map(([name, server]) => [name, server.process.pid]));
  return { environment, missing, pids, stop };
}
