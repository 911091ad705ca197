import { readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";

/**
 * Differs whenever the config file or an overlay of it was written, replaced, or put elsewhere by a symlink on its way. Reads no content.
 * Never rejects: a folder that is not there has no files.
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
  return name.startsWith(`${basename(file, extension)}.`) && extname(name) === extension;
}

/** Of what a symlink leads to; also after a change of permissions, which may be what was wrong with it. */
async function stateOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
  } catch {
    return "unreachable";
  }
}
