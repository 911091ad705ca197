import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, readFileSync } from "node:fs";
import { cp, mkdtemp, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { startParameters } from "./pglite-parameters.ts";

/** In node_modules: removed with the packages, and shared by all who use them. */
const cache = join(import.meta.dir, "../../node_modules/.cache/cartway");

/**
 * Creates an empty data directory. The engine takes three seconds and a gigabyte of memory for that, so it does it once per installation,
 * and the result is copied in a tenth of a second. Where the installation is not writable, the engine creates each directory.
 */
export async function createDataDirectory(directory: string): Promise<void> {
  if (isWritable(cache)) await cp(await seedDirectory(), directory, { recursive: true });
  else await make(directory);
}

/** Safe for concurrent processes: each gets a complete seed. */
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
    // another process was faster; an existing seed is always complete
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
    // any reason why it cannot be written means the same here
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
