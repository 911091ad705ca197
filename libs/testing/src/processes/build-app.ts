import { join } from "node:path";

const root = join(import.meta.dir, "../../../..");

/**
 * Builds an app as `bun run build` does, so that what is deployed is what is tested and measured.
 *
 * @param outdir `dist` of the app where not given
 * @returns the program's file
 * @throws {Error} with the bundler's output
 */
export async function buildApp(
  app: string,
  outdir: string = join(root, "apps", app, "dist"),
): Promise<string> {
  const build = Bun.spawn([process.execPath, join(root, "scripts/build-app.ts"), outdir], {
    cwd: join(root, "apps", app),
    stdio: ["ignore", "ignore", "pipe"],
  });
  const errors = await new Response(build.stderr).text();
  if ((await build.exited) !== 0) throw new Error(`${app} was not built: ${errors}`);
  return join(outdir, "main.js");
}
