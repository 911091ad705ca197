/**
 * `bun run dev`: one process for each app through turbo, each started anew when one of its files changes. Says what is missing
 * before anything starts.
 */
import { join } from "node:path";
import { readAppEnvironments } from "./app-environments.ts";
import { developmentSecrets } from "./development-secrets.ts";
import { describeMissingServers } from "./missing-servers.ts";

const root = join(import.meta.dir, "..");

const missing = describeMissingServers(await readAppEnvironments(), process.env);
if (missing !== null) {
  console.error(missing);
  process.exit(1);
}

// A process group of its own: turbo's launcher passes no signal on to the turbo that it launches, so each gets it from here.
const turbo = Bun.spawn([join(root, "node_modules/.bin/turbo"), "run", "dev", ...process.argv.slice(2)], {
  cwd: root,
  env: { ...process.env, ...(await developmentSecrets(process.env)) },
  stdio: ["inherit", "inherit", "inherit"],
  detached: true,
});
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => process.kill(-turbo.pid, signal));
process.exit(await turbo.exited);
