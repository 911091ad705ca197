import { join } from "node:path";
import { SQL, type Subprocess } from "bun";
import { freePort } from "../free-port.ts";
import { createTemporaryDirectory } from "../temporary-directory.ts";
import { waitUntil } from "../wait-until.ts";
import { buildApp } from "./build-app.ts";
import { imageEnvironment } from "./image-environment.ts";

const root = join(import.meta.dir, "../../../..");
const services = ["ingestion", "prediction", "ai-engine", "fleet"] as const;
const apps = [...services, "api-gateway"] as const;

export type AppName = (typeof apps)[number];

export interface ProcessesOptions {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** A server without the platform's tables: every run creates its own. */
  readonly clickhouseUrl: string;
  /** Further variables for every app. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface RunningProcesses {
  /** The URL of an app, `http://127.0.0.1:port`. */
  url(app: AppName): string;
  /** Process ids of the running apps, by name. */
  pids(): Readonly<Record<string, number>>;
  /** Stops an app as a deployment does, or as a crash. @returns its exit code */
  stop(app: AppName, signal?: "SIGTERM" | "SIGKILL"): Promise<number>;
  /** Resolves when the app is ready, on its previous port. */
  start(app: AppName): Promise<void>;
  stopAll(): Promise<void>;
}

/** The secret that verifies customers' tokens in the platform's config. */
export const customerSecret = "a secret of tests, 32 characters at least";

/** Starts one process per app, built, as in production, on the given servers and a PostgreSQL database of its own. */
export async function startProcesses(options: ProcessesOptions): Promise<RunningProcesses> {
  const directory = await createTemporaryDirectory("cartway-processes-");
  const database = await createDatabase(options.databaseUrl);
  const ports = new Map<AppName, number>();
  for (const app of apps) ports.set(app, await freePort());
  const url = (app: AppName): string => `http://127.0.0.1:${ports.get(app)}`;
  const targets = services.map((app) => [app, { discovery: { targets: [{ url: url(app) }] } }]);
  await Bun.write(directory.file("gateway.yaml"), Bun.file(join(root, "apps/api-gateway/gateway.yaml")));
  await Bun.write(
    directory.file("gateway.test.yaml"),
    JSON.stringify({ services: Object.fromEntries(targets) }),
  );
  const environment = {
    ...(await imageEnvironment()),
    PATH: process.env["PATH"] ?? "",
    HOST: "127.0.0.1",
    LOG_LEVEL: "error",
    DATABASE_URL: database.url,
    CLICKHOUSE_URL: options.clickhouseUrl,
    REDIS_URL: options.redisUrl,
    PREDICTION_URL: url("prediction"),
    AI_ENGINE_URL: url("ai-engine"),
    GATEWAY_CONFIG: directory.file("gateway.yaml"),
    GATEWAY_ENV: "test",
    ADMIN_PORT: "0",
    CUSTOMER_JWT_SECRET: customerSecret,
    ...options.environment,
  };
  const programs = new Map<AppName, string>();
  const running = new Map<AppName, Subprocess>();

  async function start(app: AppName): Promise<void> {
    const env = { ...environment, PORT: String(ports.get(app)) };
    const program = programs.get(app) ?? (await buildApp(app, directory.file(`dist/${app}`)));
    programs.set(app, program);
    const child = Bun.spawn([process.execPath, program], {
      cwd: root,
      env,
      stdio: ["ignore", "ignore", "inherit"],
    });
    running.set(app, child);
    const isReady = async (): Promise<boolean> => (await fetch(`${url(app)}/readyz`)).ok;
    await waitUntil(isReady, { timeoutMs: 60_000, what: `${app} to be ready` });
  }

  async function stop(app: AppName, signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<number> {
    const child = running.get(app);
    running.delete(app);
    child?.kill(signal);
    return (await child?.exited) ?? 0;
  }

  async function stopAll(): Promise<void> {
    for (const app of [...running.keys()].toReversed()) await stop(app);
    await database.drop();
    await directory.remove();
  }

  try {
    for (const app of apps) await start(app);
  } catch (thrown) {
    await stopAll();
    throw thrown;
  }
  const pids = (): Record<string, number> =>
    Object.fromEntries([...running].map(([app, child]) => [app, child.pid]));
  return { url, pids, start, stop, stopAll };
}

async function createDatabase(serverUrl: string) {
  const name = `cartway_${crypto.randomUUID().replaceAll("-", "")}`;
  const maintenance = new SQL(serverUrl, { max: 1 });
  await maintenance.unsafe(`create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    async drop(): Promise<void> {
      await maintenance.unsafe(`drop database ${name} with (force)`);
      await maintenance.close();
    },
  };
}
