import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type DirectoryLock, lockDirectory } from "../directory-lock.ts";
import { createDataDirectory } from "./create-data-directory.ts";
import {
  makeSocketDirectory,
  removeLeftSocketDirectories,
  socketPath,
  socketPort,
} from "./socket-directory.ts";

export interface EmbeddedPostgreSQL {
  /** Directory of the unix socket, as `pg` takes it for `host`. */
  readonly host: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Opens the data directory with the embedded engine, creating it where it is new. Throws where another process has it. */
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

/** Made aside and renamed, so that a directory of that name is always a whole one. */
async function initialize(directory: string, data: string): Promise<void> {
  if (existsSync(data)) return;
  const unfinished = join(directory, "pgdata.new");
  await rm(unfinished, { recursive: true, force: true });
  await createDataDirectory(unfinished);
  await rename(unfinished, data);
}

async function serve(data: string, lock: DirectoryLock): Promise<EmbeddedPostgreSQL> {
  await removeLeftSocketDirectories();
  const host = await makeSocketDirectory();
  const worker = new Worker(new URL("./pglite-worker.ts", import.meta.url).href);
  const cleanUp = async (): Promise<void> => {
    worker.terminate();
    await rm(host, { recursive: true, force: true });
    lock.release();
  };
  try {
    await ask(worker, { directory: data, socketPath: socketPath(host) }, "ready");
  } catch (thrown) {
    await cleanUp();
    throw thrown;
  }
  return {
    host,
    port: socketPort,
    async stop() {
      await ask(worker, "stop", "stopped");
      await cleanUp();
    },
  };
}

/** Sends a message and resolves when the worker answers with `expected`; rejects with the error it names. */
function ask(worker: Worker, message: unknown, expected: "ready" | "stopped"): Promise<void> {
  return new Promise((resolve, reject) => {
    const onMessage = (event: MessageEvent<Readonly<Record<string, unknown>>>): void => {
      if (expected in event.data) settle(resolve);
      else if ("error" in event.data) settle(() => reject(new Error(String(event.data["error"]))));
    };
    const onError = (event: ErrorEvent): void => settle(() => reject(new Error(event.message)));
    function settle(outcome: () => void): void {
      worker.removeEventListener("message", onMessage);
      worker.removeEventListener("error", onError);
      outcome();
    }
    worker.addEventListener("message", onMessage);
    worker.addEventListener("error", onError);
    worker.postMessage(message);
  });
}
