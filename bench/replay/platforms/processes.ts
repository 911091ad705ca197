import { openClickHouse } from "@libs/database";
import { type AppName, startProcesses, startServers } from "@libs/testing";
import { type ReplayPlatform, type StoredCounts, storedCountsQuery } from "./replay-platform.ts";

const crashable: ReadonlySet<string> = new Set([
  "ingestion",
  "prediction",
  "ai-engine",
  "fleet",
  "api-gateway",
]);

/** One process per app, on real Redis and PostgreSQL and on ClickHouse over HTTP, each syncing to disk before it confirms. */
export async function startProcessesPlatform(): Promise<ReplayPlatform> {
  const servers = await startServers({ durable: true });
  const { REDIS_URL, DATABASE_URL, CLICKHOUSE_URL } = servers.environment;
  if (REDIS_URL === undefined || DATABASE_URL === undefined || CLICKHOUSE_URL === undefined) {
    await servers.stop();
    throw new Error(`a server is missing: ${servers.missing.join("; ")}`);
  }
  const apps = await startProcesses({
    redisUrl: REDIS_URL,
    databaseUrl: DATABASE_URL,
    clickhouseUrl: CLICKHOUSE_URL,
  });
  const clickhouse = await openClickHouse({ url: CLICKHOUSE_URL });
  return {
    url: `${apps.url("api-gateway").replace("http", "ws")}/ws`,
    pids: () => ({ ...apps.pids(), ...servers.pids }),
    async crash(name) {
      if (!isApp(name)) throw new Error(`${name} is none of ${[...crashable].join(", ")}`);
      await apps.stop(name, "SIGKILL");
      await apps.start(name);
    },
    async countEvents(run) {
      const [counts] = await clickhouse.query<StoredCounts>(storedCountsQuery, { prefix: run });
      return counts ?? { rows: 0, ids: 0 };
    },
    async stop() {
      await clickhouse.close();
      await apps.stopAll();
      await servers.stop();
    },
  };
}

function isApp(name: string): name is AppName {
  return crashable.has(name);
}
