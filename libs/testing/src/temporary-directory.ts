import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory for one test: `await using directory = await createTemporaryDirectory()` removes it at the end. */
export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
  /** The path of a file in the directory. */
  file(name: string): string;
  remove(): Promise<void>;
}

export async function createTemporaryDirectory(prefix = "cartway-"): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), prefix));
  const remove = (): Promise<void> => rm(path, { recursive: true, force: true });
  return { path, file: (name) => join(path, name), remove, [Symbol.asyncDispose]: remove };
}
