import { chmod, mkdir, open, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Where `bun run fleet:token` reads it. */
const fileName = "customer-jwt-secret";

/**
 * The secret that signs customers' tokens for the fleet where there is no identity provider yet: generated at the first
 * start and stored beside the data, readable only by its owner.
 */
export async function customerSecret(directory: string): Promise<string> {
  const path = join(directory, fileName);
  await mkdir(directory, { recursive: true });
  try {
    // of two processes that start at once, only one writes
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
