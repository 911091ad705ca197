/** `bun scripts/pass-through.ts` writes into turbo.json which variables turbo passes to `dev`: those that the apps read. */
import { join } from "node:path";
import type { EnvironmentSchema } from "../libs/elysia-server/src/index.ts";

/** Not passed: with one value all processes would want the same port, so each app keeps its default. */
const perProcess: ReadonlySet<string> = new Set(["PORT"]);

/** The variables that turbo must pass to the apps, sorted: those they read, and for a secret also the variable of its file. */
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
