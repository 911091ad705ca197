/**
 * `bun run dev`: one process per app through turbo, each restarted when one of its files changes. Reports missing servers
 * before anything starts.
 */
import { join } from "node:path";
import { readAppEnvironments } from "./app-environments.ts";
import { developmentSecrets } from "./development-secrets.ts";
import { describeMissingServers } from "./missing-servers.ts";

const root = join(import.meta.dir, "..");

const usage = `usage: bun run dev [options of turbo run]

  One process for each app, each started anew when one of its files changes, on the servers that DATABASE_URL, REDIS_URL and
  CLICKHOUSE_URL name.

  --filter=@apps/NAME   one app alone, or several
  --env-mode=loose      with all variables: a config of yours may refer to others than the apps' own`;
const options = process.argv.slice(2);
if (options.includes("--help") || options.includes("-h")) {
  console.log(usage);
  process.exit(0);
}

const missing = describeMissingServers(await readAppEnvironments(), process.env);
if (missing !== null) {
  console.error(missing);
  process.exit(1);
}

// A separate process group: turbo's launcher does not forward signals to the turbo that it launches, so each gets them from here.
const turbo = Bun.spawn([join(root, "node_modules/.bin/turbo"), "run", "dev", ...options], {
  cwd: root,
  env: { ...process.env, ...(await developmentSecrets(process.env)) },
  stdio: ["inherit", "inherit", "inherit"],
  detached: true,
});
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => process.kill(-turbo.pid, signal));
// of a terminal that is closed: the gateway ignores it
process.on("SIGHUP", () => process.kill(-turbo.pid, "SIGTERM"));
process.exit(await turbo.exited);
