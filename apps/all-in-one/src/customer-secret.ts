import { chmod, mkdir, open, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Where `bun run fleet:token` finds it. */
const fileName = "customer-jwt-secret";

/**
 * The secret by which tokens of the fleet's customers are known, for who has no identity provider yet: made at the first
 * start and kept beside the data, readable by its owner alone.
 */
export async function customerSecret(directory: string): Promise<string> {
  const path = join(directory, fileName);
  await mkdir(directory, { recursive: true });
  try {
    // of two that start at once, one writes
    const file = await open(path, "wx", 0o600);
    const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
    await file.writeFile(secret);
    await file.close();
    return secret;
  } catch (thrown) {
    if (!(thrown instanceof Error && "code" in thrown && thrown.code === "EEXIST")) throw thrown;
    await chmod(path, 0o600);
    return await readFile(path, "utf8");
  }
}
