/**
 * Private Redis, PostgreSQL and ClickHouse servers for one test run, on free ports and in a temporary directory, wherever
 * they can be had and the environment does not name servers already. Everything is gone when they are stopped.
 */
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Subprocess } from "bun";

export interface TestServers {
  /** `REDIS_URL`, `DATABASE_URL` and `CLICKHOUSE_URL` of the servers that run. */
  readonly environment: Readonly<Record<string, string>>;
  /** What could not be started and what to do about it, a line each. */
  readonly missing: readonly string[];
  stop(): Promise<void>;
}

export async function startTestServers(): Promise<TestServers> {
  const directory = await mkdtemp(join(tmpdir(), "cartway-servers-"));
  await chmod(directory, 0o755);
  const processes: Subprocess[] = [];
  const environment: Record<string, string> = {};
  const missing: string[] = [];

  const redis = process.env["REDIS_URL"] ?? (await startRedis(directory, processes));
  if (redis === null) missing.push("Redis: install redis-server or set REDIS_URL");
  else environment["REDIS_URL"] = redis;

  const postgresql = process.env["DATABASE_URL"] ?? (await startPostgreSQL(directory, processes));
  if (postgresql === null) missing.push("PostgreSQL: install postgresql or set DATABASE_URL");
  else environment["DATABASE_URL"] = postgresql;

  const clickhouse = process.env["CLICKHOUSE_URL"] ?? (await startClickHouse(directory, processes));
  if (clickhouse === null)
    missing.push("ClickHouse: set CLICKHOUSE_URL (the embedded engine does not run here)");
  else environment["CLICKHOUSE_URL"] = clickhouse;

  return { environment, missing, stop: () => stopAll(processes, directory) };
}

async function startRedis(directory: string, processes: Subprocess[]): Promise<string | null> {
  const binary = Bun.which("redis-server");
  if (binary === null) return null;
  const port = freePort();
  const settings = [
    "--port",
    String(port),
    "--bind",
    "127.0.0.1",
    "--save",
    "",
    "--appendonly",
    "no",
    "--dir",
    directory,
  ];
  processes.push(Bun.spawn([binary, ...settings], { stdout: "ignore", stderr: "inherit" }));
  await untilListening(port);
  return `redis://127.0.0.1:${port}`;
}

async function startPostgreSQL(directory: string, processes: Subprocess[]): Promise<string | null> {
  const binaries = await postgresqlBinaries();
  if (binaries === null) return null;
  const data = join(directory, "postgresql");
  const asUser = unprivileged();
  await runToEnd(["mkdir", data]);
  if (asUser.length > 0) await runToEnd(["chown", "postgres", data]);
  const initdb = [
    join(binaries, "initdb"),
    "-D",
    data,
    "-U",
    "cartway",
    "-A",
    "trust",
    "-E",
    "UTF8",
    "--no-sync",
  ];
  await runToEnd([...asUser, ...initdb]);
  const port = freePort();
  const settings = [
    "-D",
    data,
    "-p",
    String(port),
    "-h",
    "127.0.0.1",
    "-k",
    data,
    "-c",
    "max_connections=200",
  ];
  const command = [...asUser, join(binaries, "postgres"), ...settings, "-c", "fsync=off"];
  processes.push(Bun.spawn(command, { stdout: "ignore", stderr: "ignore" }));
  await untilListening(port);
  const url = `postgres://cartway@127.0.0.1:${port}/postgres`;
  await untilAnswers([join(binaries, "psql"), url, "-c", "select 1"]);
  return url;
}

/** The embedded engine behind ClickHouse's HTTP interface: the same engine and the same wire as a server's. */
async function startClickHouse(directory: string, processes: Subprocess[]): Promise<string | null> {
  const program = join(import.meta.dir, "../libs/database/src/clickhouse-server/main.ts");
  const settings = ["--directory", join(directory, "clickhouse"), "--port", "0"];
  const child = Bun.spawn([process.execPath, program, ...settings], { stdio: ["ignore", "pipe", "ignore"] });
  processes.push(child);
  const { value } = await child.stdout.getReader().read();
  return /http:\/\/\S+/.exec(new TextDecoder().decode(value))?.[0] ?? null;
}

/** PostgreSQL refuses to run as root: as root, its processes run as Debian's user `postgres`. */
function unprivileged(): string[] {
  if (process.getuid?.() !== 0) return [];
  return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"];
}

async function postgresqlBinaries(): Promise<string | null> {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian)
    ? (await readdir(debian)).toSorted((a, b) => Number(b) - Number(a))
    : [];
  const folders = versions.map((version) => join(debian, version, "bin"));
  const onPath = Bun.which("postgres");
  if (onPath !== null) folders.push(join(onPath, ".."));
  return (
    folders.find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres"))) ??
    null
  );
}

function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

async function untilListening(port: number): Promise<void> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await Bun.sleep(50)) {
    const connected = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } }).then(
      (socket) => {
        socket.end();
        return true;
      },
      () => false,
    );
    if (connected) return;
  }
  throw new Error(`a test server did not listen on port ${port} within 20 s`);
}

async function untilAnswers(command: readonly string[]): Promise<void> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await Bun.sleep(50)) {
    const probe = Bun.spawn([...command], { stdout: "ignore", stderr: "ignore" });
    if ((await probe.exited) === 0) return;
  }
  throw new Error(`a test server did not answer within 20 s: ${command.join(" ")}`);
}

async function runToEnd(command: readonly string[]): Promise<void> {
  const child = Bun.spawn([...command], { stdout: "ignore", stderr: "pipe" });
  if ((await child.exited) !== 0) {
    throw new Error(`${command.join(" ")}: ${await new Response(child.stderr).text()}`);
  }
}

async function stopAll(processes: readonly Subprocess[], directory: string): Promise<void> {
  // SIGINT is PostgreSQL's fast shutdown: it does not wait for clients to leave.
  for (const child of processes) child.kill("SIGINT");
  await Promise.all(processes.map((child) => child.exited));
  await rm(directory, { recursive: true, force: true });
}
