import { chmod, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createSecretFile } from "@libs/database";

/** Where `bun run fleet:token` reads it. */
const fileName = "customer-jwt-secret";

/**
 * The secret that signs customers' tokens for the fleet where there is no identity provider yet: generated at the first
 * start and stored beside the data, readable only by its owner.
 */
export async function customerSecret(directory: string): Promise<string> {
  const path = join(directory, fileName);
  const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
  if (await createSecretFile(path, secret)) return secret;
  await chmod(path, 0o600);
  return await readFile(path, "utf8");
}
