import { join } from "node:path";
import { openClickHouse } from "@libs/database";
import { createTemporaryDirectory, freePort, waitUntil } from "@libs/testing";
import type { Subprocess } from "bun";
import { type ReplayPlatform, type StoredCounts, storedCountsQuery } from "./replay-platform.ts";

const root = join(import.meta.dir, "../../..");

/** What `npm start` runs: every app in one process, on embedded stores in a temporary directory. */
export async function startAllInOnePlatform(): Promise<ReplayPlatform> {
  const directory = await createTemporaryDirectory("cartway-replay-");
  const port = await freePort();
  const ports: Record<string, string> = { PORT: String(port) };
  for (const app of ["INGESTION", "PREDICTION", "AI_ENGINE", "FLEET"])
    ports[`${app}_PORT`] = String(await freePort());
  const env = {
    PATH: process.env["PATH"] ?? "",
    DATA_DIRECTORY: directory.path,
    LOG_LEVEL: "error",
    ADMIN_PORT: "0",
    ...ports,
  };
  let child: Subprocess | null = null;

  async function start(): Promise<void> {
    const command = [process.execPath, "scripts/start.ts"];
    child = Bun.spawn(command, { cwd: root, env, stdio: ["ignore", "ignore", "inherit"] });
    const isReady = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
    await waitUntil(isReady, { timeoutMs: 60_000, what: "the platform to be ready" });
  }

  async function end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    child?.kill(signal);
    await child?.exited;
    child = null;
  }

  await start();
  return {
    url: `ws://127.0.0.1:${port}/ws`,
    pids: () => (child === null ? {} : { cartway: child.pid }),
    async crash() {
      await end("SIGKILL");
      await start();
    },
    async countEvents(run) {
      // only one process can open the engine's directory
      await end("SIGTERM");
      const clickhouse = await openClickHouse({ directory: directory.file("clickhouse") });
      const [counts] = await clickhouse.query<StoredCounts>(storedCountsQuery, { prefix: run });
      await clickhouse.close();
      return counts ?? { rows: 0, ids: 0 };
    },
    async stop() {
      await end("SIGTERM");
      await directory.remove();
    },
  };
}
