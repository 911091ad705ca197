import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type DirectoryLock, lockDirectory } from "../directory-lock.ts";
import { createDataDirectory } from "./create-data-directory.ts";
import { assertReadable } from "./data-version.ts";
import { EngineThread } from "./engine-thread.ts";
import {
  makeSocketDirectory,
  removeLeftSocketDirectories,
  socketPath,
  socketPort,
} from "./socket-directory.ts";

export interface EmbeddedPostgreSQL {
  /** The unix socket's directory, as `pg` expects it in `host`. */
  readonly host: string;
  readonly port: number;
  /** Rejects, after cleaning up, where the engine's thread had ended unexpectedly; committed data is there after the next start. */
  stop(): Promise<void>;
}

/** Opens the data directory with the embedded engine, creating it if needed. Throws where another process uses it. */
export async function startEmbeddedPostgreSQL(directory: string): Promise<EmbeddedPostgreSQL> {
  const lock = lockDirectory(directory);
  try {
    const data = join(directory, "pgdata");
    await initialize(directory, data);
    return await serve(data, lock);
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
}

/** Created under another name and renamed, so that an existing directory is always complete. */
async function initialize(directory: string, data: string): Promise<void> {
  if (existsSync(data)) return await assertReadable(data);
  const unfinished = join(directory, "pgdata.new");
  await rm(unfinished, { recursive: true, force: true });
  await createDataDirectory(unfinished);
  await rename(unfinished, data);
}

async function serve(data: string, lock: DirectoryLock): Promise<EmbeddedPostgreSQL> {
  await removeLeftSocketDirectories();
  const host = await makeSocketDirectory();
  const thread = new EngineThread(new URL("./pglite-worker.ts", import.meta.url));
  const cleanUp = async (): Promise<void> => {
    thread.terminate();
    await rm(host, { recursive: true, force: true });
    lock.release();
  };
  try {
    await thread.ask({ directory: data, socketPath: socketPath(host) }, "ready");
  } catch (thrown) {
    await cleanUp();
    throw thrown;
  }
  return {
    host,
    port: socketPort,
    async stop() {
      try {
        await thread.ask("stop", "stopped");
      } finally {
        await cleanUp();
      }
    },
  };
}
