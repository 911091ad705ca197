import { join } from "node:path";
import { openPostgreSQL } from "@libs/database";
import { createTemporaryDirectory, freePort, waitUntil } from "@libs/testing";
import type { Subprocess } from "bun";

const root = join(import.meta.dir, "../../../..");
const apps = ["ingestion", "prediction", "ai-engine", "fleet", "api-gateway"] as const;

export type AppName = (typeof apps)[number];

export interface RunningProcesses {
  /** Of an app, `http://127.0.0.1:port`. */
  url(app: AppName): string;
  readonly clickhouseUrl: string;
  stop(app: AppName): Promise<number>;
  start(app: AppName): Promise<void>;
  stopAll(): Promise<void>;
}

/** One process an app, on a PostgreSQL database of its own, the given Redis, and ClickHouse over HTTP. */
export async function startProcesses(databaseUrl: string, redisUrl: string): Promise<RunningProcesses> {
  const directory = await createTemporaryDirectory();
  const database = `cartway_${crypto.randomUUID().replaceAll("-", "")}`;
  const maintenance = await openPostgreSQL({ url: databaseUrl, poolSize: 1 });
  await maintenance.query(`create database ${database}`);
  const ownDatabase = new URL(databaseUrl);
  ownDatabase.pathname = `/${database}`;
  const ports = new Map<AppName, number>();
  for (const app of apps) ports.set(app, await freePort());
  const clickhousePort = await freePort();
  const clickhouse = Bun.spawn(
    [
      process.execPath,
      "libs/database/src/clickhouse-server/main.ts",
      "--directory",
      directory.file("ch"),
      "--port",
      String(clickhousePort),
    ],
    { cwd: root, stdio: ["ignore", "ignore", "inherit"] },
  );
  const clickhouseUrl = `http://127.0.0.1:${clickhousePort}`;
  await waitUntil(async () => (await fetch(`${clickhouseUrl}/ping`)).ok, { timeoutMs: 30_000 });
  const url = (app: AppName): string => `http://127.0.0.1:${ports.get(app)}`;
  const overlay = Object.fromEntries(
    apps
      .filter((app) => app !== "api-gateway")
      .map((app) => [app, { discovery: { targets: [{ url: url(app) }] } }]),
  );
  await Bun.write(directory.file("gateway.yaml"), Bun.file(join(root, "apps/api-gateway/gateway.yaml")));
  await Bun.write(directory.file("gateway.test.yaml"), JSON.stringify({ services: overlay }));
  const environment = {
    PATH: process.env["PATH"] ?? "",
    HOST: "127.0.0.1",
    LOG_LEVEL: "error",
    DATABASE_URL: ownDatabase.href,
    CLICKHOUSE_URL: clickhouseUrl,
    REDIS_URL: redisUrl,
    PREDICTION_URL: url("prediction"),
    AI_ENGINE_URL: url("ai-engine"),
    RECOVERY_IDLE_MS: "1500",
    RECOVERY_PROBABILITY_MIN: "0",
    GATEWAY_CONFIG: directory.file("gateway.yaml"),
    GATEWAY_ENV: "test",
    ADMIN_PASSWORD: "correct horse battery",
  };
  const running = new Map<AppName, Subprocess>();

  async function start(app: AppName): Promise<void> {
    const env = { ...environment, PORT: String(ports.get(app)) };
    running.set(
      app,
      Bun.spawn([process.execPath, `apps/${app}/src/main.ts`], {
        cwd: root,
        env,
        stdio: ["ignore", "ignore", "inherit"],
      }),
    );
    await waitUntil(async () => (await fetch(`${url(app)}/readyz`)).ok, {
      timeoutMs: 30_000,
      what: `${app} to be ready`,
    });
  }

  async function stop(app: AppName): Promise<number> {
    const child = running.get(app);
    running.delete(app);
    child?.kill("SIGTERM");
    return (await child?.exited) ?? 0;
  }

  for (const app of apps) await start(app);
  return {
    url,
    clickhouseUrl,
    start,
    stop,
    async stopAll() {
      for (const app of [...running.keys()].toReversed()) await stop(app);
      clickhouse.kill();
      await clickhouse.exited;
      await maintenance.query(`drop database ${database} with (force)`);
      await maintenance.close();
      await directory.remove();
    },
  };
}
