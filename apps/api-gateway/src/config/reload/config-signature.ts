import { readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";

/**
 * Changes whenever the config file or one of its overlays is written, replaced, or redirected by a symlink in its path. Reads no content.
 * Never rejects: a missing folder has no files.
 */
export async function configSignature(file: string): Promise<string> {
  const folder = dirname(file);
  const names = await readdir(folder).catch((): string[] => []);
  const parts = names.filter((name) => isPartOfConfig(file, name)).toSorted();
  const states = await Promise.all(parts.map((name) => stateOf(join(folder, name))));
  return parts.map((name, index) => `${name} ${states[index]}`).join("\n");
}

/** Whether `name`, in the folder of the config file, is the file or one of its overlays. */
export function isPartOfConfig(file: string, name: string): boolean {
  const extension = extname(file);
  return (
    name === basename(file) ||
    (extension !== "" && name.startsWith(`${basename(file, extension)}.`) && extname(name) === extension)
  );
}

/** Follows symlinks. Includes the time of permission changes, which may have been the reason for a failure. */
async function stateOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
  } catch {
    return "unreachable";
  }
}
