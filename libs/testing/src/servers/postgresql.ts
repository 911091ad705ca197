import { existsSync } from "node:fs";
import { chmod, readdir } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../free-port.ts";
import { waitUntil } from "../wait-until.ts";
import type { ServerOptions, ServerProcess } from "./server-process.ts";

const debian = "/usr/lib/postgresql";

/** A private PostgreSQL for this run; `null` where it is not installed. */
export async function startPostgreSQL(options: ServerOptions): Promise<ServerProcess | null> {
  const { directory, durable } = options;
  const binaries = await findBinaries();
  if (binaries === null) return null;
  const asUser = unprivileged();
  if (asUser.length > 0) {
    await chmod(join(directory, ".."), 0o755);
    await runToEnd(["chown", "postgres", directory]);
  }
  if (!existsSync(join(directory, "PG_VERSION"))) {
    const initdb = [join(binaries, "initdb"), "-D", directory, "-U", "cartway", "-A", "trust", "-E", "UTF8"];
    await runToEnd([...asUser, ...initdb, "--no-sync"]);
  }
  const port = options.port ?? (await freePort());
  const listen = ["-D", directory, "-p", String(port), "-h", "127.0.0.1", "-k", directory];
  const settings = ["-c", "max_connections=200", "-c", `fsync=${durable ? "on" : "off"}`];
  const child = Bun.spawn([...asUser, join(binaries, "postgres"), ...listen, ...settings], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  const url = `postgres://cartway@127.0.0.1:${port}/postgres`;
  await waitUntil(() => runToEnd([join(binaries, "psql"), url, "-c", "select 1"]).then(() => true), {
    what: "PostgreSQL to answer",
    timeoutMs: 20_000,
  });
  return { url, process: child };
}

/** Whether `startPostgreSQL` would find one. */
export async function hasPostgreSQL(): Promise<boolean> {
  return (await findBinaries()) !== null;
}

/** Debian's newest version, or the one on the path. */
async function findBinaries(): Promise<string | null> {
  const versions = existsSync(debian) ? await readdir(debian) : [];
  const folders = versions
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(debian, version, "bin"));
  const onPath = Bun.which("postgres");
  if (onPath !== null) folders.push(join(onPath, ".."));
  const isWhole = (folder: string): boolean =>
    existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres"));
  return folders.find(isWhole) ?? null;
}

/** PostgreSQL refuses to run as root: root runs it as Debian's user `postgres`. */
function unprivileged(): string[] {
  if (process.getuid?.() !== 0) return [];
  return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"];
}

async function runToEnd(command: readonly string[]): Promise<void> {
  const child = Bun.spawn([...command], { stdio: ["ignore", "ignore", "pipe"] });
  const errors = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`${command.join(" ")}: ${errors}`);
}
