import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The major version of the embedded engine, which cannot read files of any other. */
export const engineVersion = "18";

/** Rejects for data of another major version: the engine's own error does not name the cause. */
export async function assertReadable(data: string): Promise<void> {
  const written = (await readFile(join(data, "PG_VERSION"), "utf8")).trim();
  if (written === engineVersion) return;
  throw new Error(
    `the data in ${data} is PostgreSQL ${written}'s and the embedded engine is ${engineVersion}: ` +
      "start the version of Cartway that wrote it, or take another directory (DATA_DIRECTORY)",
  );
}
