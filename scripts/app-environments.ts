/** The environment variables of each app that runs as a separate process: the tables of `apps/<app>/src/environment.ts`. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { EnvironmentSchema } from "../libs/elysia-server/src/index.ts";

const root = join(import.meta.dir, "..");

export async function readAppEnvironments(): Promise<ReadonlyMap<string, EnvironmentSchema>> {
  const tables = new Map<string, EnvironmentSchema>();
  for (const path of new Bun.Glob("apps/*/src/environment.ts").scanSync({ cwd: root })) {
    const app = path.split("/")[1] ?? "";
    if (app === "all-in-one" || !existsSync(join(root, `apps/${app}/src/main.ts`))) continue;
    const exports: Record<string, unknown> = await import(join(root, path));
    // A part of a table may be exported too; the complete one has the port.
    const whole = Object.values(exports).filter(isTable);
    if (whole.length !== 1) throw new Error(`${path} exports ${whole.length} whole tables, one is meant`);
    tables.set(app, whole[0] ?? {});
  }
  return tables;
}

function isTable(value: unknown): value is EnvironmentSchema {
  return typeof value === "object" && value !== null && "PORT" in value;
}
