/** `bun scripts/pass-through.ts` writes into turbo.json which variables turbo passes to `dev`: those that the apps read. */
import { join } from "node:path";
import type { EnvironmentSchema } from "../libs/elysia-server/src/index.ts";

/** One value for all processes would have them all want the same port: each app's own default stands. */
const perProcess: ReadonlySet<string> = new Set(["PORT"]);

/** The variables that turbo has to pass to the apps, sorted: what they read, and of a secret also the file that may hold it. */
export function passedThrough(tables: Iterable<EnvironmentSchema>): readonly string[] {
  const names = new Set<string>();
  for (const table of tables) {
    for (const [name, variable] of Object.entries(table)) {
      if (perProcess.has(name)) continue;
      names.add(name);
      if (variable.secret === true) names.add(`${name}_FILE`);
    }
  }
  return [...names].toSorted();
}

if (import.meta.main) {
  const { readAppEnvironments } = await import("./app-environments.ts");
  const file = join(import.meta.dir, "../turbo.json");
  const turbo = await Bun.file(file).json();
  turbo.tasks.dev.passThroughEnv = passedThrough((await readAppEnvironments()).values());
  await Bun.write(file, `${JSON.stringify(turbo, null, 2)}\n`);
}
