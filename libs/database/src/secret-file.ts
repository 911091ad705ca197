import { mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { hasCode } from "@libs/errors";

/**
 * Creates a file that only its owner can read. `false` where it exists; an empty one, which a process left that was killed before it
 * wrote, or a computer that lost its power, is completed.
 */
export async function createSecretFile(path: string, text: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    // of two processes that start at once, only one creates it
    await using file = await open(path, (await isEmpty(path)) ? "r+" : "wx", 0o600);
    await file.chmod(0o600);
    await file.writeFile(text);
    await file.sync();
    return true;
  } catch (thrown) {
    if (hasCode(thrown, "EEXIST")) return false;
    throw thrown;
  }
}

async function isEmpty(path: string): Promise<boolean> {
  try {
    return (await stat(path)).size === 0;
  } catch (thrown) {
    if (hasCode(thrown, "ENOENT")) return false;
    throw thrown;
  }
}
