import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, readFileSync } from "node:fs";
import { cp, mkdtemp, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { startParameters } from "./pglite-parameters.ts";

/** Beside the installed packages: goes with them, and is there for all who share them. */
const cache = join(import.meta.dir, "../../node_modules/.cache/cartway");

/**
 * Makes an empty data directory. The engine takes three seconds and a gigabyte for one, so it makes one for an installation,
 * which is copied from then on in a tenth of a second. Where the installation cannot be written to, the engine does it.
 */
export async function createDataDirectory(directory: string): Promise<void> {
  if (isWritable(cache)) await cp(await seedDirectory(), directory, { recursive: true });
  else await make(directory);
}

/** Many processes may ask at once; each finds a whole one. */
async function seedDirectory(): Promise<string> {
  const kind = createHash("sha256").update(JSON.stringify(startParameters)).digest("hex").slice(0, 8);
  const seed = join(cache, `pgdata-${engineVersion()}-${kind}`);
  if (existsSync(seed)) return seed;
  const unfinished = await mkdtemp(join(cache, "pgdata.new-"));
  try {
    await make(unfinished);
    await rename(unfinished, seed);
  } catch (thrown) {
    await rm(unfinished, { recursive: true, force: true });
    // Another process was faster: a directory that is there was made whole.
    if (!existsSync(seed)) throw thrown;
  }
  return seed;
}

function isWritable(directory: string): boolean {
  try {
    mkdirSync(directory, { recursive: true });
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    // The one question here is whether it can be used; why it cannot is nobody's concern.
    return false;
  }
}

function engineVersion(): string {
  const entry = createRequire(import.meta.url).resolve("@electric-sql/pglite");
  const { version } = JSON.parse(readFileSync(join(dirname(entry), "../package.json"), "utf8"));
  return String(version);
}

/** In a process of its own: WebAssembly memory never shrinks. */
async function make(directory: string): Promise<void> {
  const program = join(import.meta.dir, "initialize-directory.ts");
  const child = Bun.spawn([process.execPath, program, directory], { stdio: ["ignore", "ignore", "pipe"] });
  if ((await child.exited) === 0) return;
  const reason = await new Response(child.stderr).text();
  throw new Error(`an empty PostgreSQL directory could not be made in ${directory}: ${reason}`);
}
