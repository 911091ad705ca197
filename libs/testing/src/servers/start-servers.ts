import { mkdir } from "node:fs/promises";
import { createTemporaryDirectory } from "../temporary-directory.ts";
import { startClickHouse } from "./clickhouse.ts";
import { startPostgreSQL } from "./postgresql.ts";
import { startRedis } from "./redis.ts";
import type { ServerOptions, ServerProcess } from "./server-process.ts";

export interface PrivateServers {
  /** `REDIS_URL`, `DATABASE_URL` and `CLICKHOUSE_URL` of the available servers. */
  readonly environment: Readonly<Record<string, string>>;
  /** What could not be started and how to change that, one line each. */
  readonly missing: readonly string[];
  /** Process ids of the servers started here, by name. */
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
 * Starts private Redis, PostgreSQL and ClickHouse servers on free ports in a temporary directory, where they are installed and the
 * environment does not already name servers. Stopping them removes everything.
 */
export async function startServers({ durable = false } = {}): Promise<PrivateServers> {
  const directory = await createTemporaryDirectory("cartway-servers-");
  const environment: Record<string, string> = {};
  const missing: string[] = [];
  const started: [name: string, server: ServerProcess][] = [];

  async function stop(): Promise<void> {
    // SIGINT is PostgreSQL's fast shutdown, which does not wait for clients
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
