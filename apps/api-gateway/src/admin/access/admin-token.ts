import { randomBytes } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { createSecretFile } from "@libs/database";

/** `cwa_` and 256 random bits. */
const pattern = /^cwa_[A-Za-z0-9_-]{43}$/;

/**
 * The admin port's token: generated once, in a file that only its owner can read. @throws Error where others can read the file, its
 * content is not such a token, or it cannot be created.
 */
export async function openAdminToken(file: string): Promise<string> {
  const made = `cwa_${randomBytes(32).toString("base64url")}`;
  if (await createSecretFile(file, `${made}\n`)) return made;
  const { mode, uid } = await stat(file);
  if ((mode & 0o077) !== 0)
    throw new Error(
      `the admin token ${file} can be read by others: chmod 600 it, or remove it to have a new one`,
    );
  if (process.getuid !== undefined && uid !== process.getuid() && process.getuid() !== 0)
    throw new Error(`the admin token ${file} belongs to somebody else`);
  const token = (await readFile(file, "utf8")).trim();
  if (!pattern.test(token)) throw new Error(`${file} is not an admin token: remove it to have a new one`);
  return token;
}
