import { mkdtemp, readdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasCode } from "@libs/errors";

/** Part of the socket's file name; engines differ by directory only. */
export const socketPort = 5432;

const named = /^cartway-pg-(\d+)-\w+$/;

export function socketPath(directory: string): string {
  return join(directory, `.s.PGSQL.${socketPort}`);
}

/**
 * A directory for the socket of this process's engine, named after the process. In the system's temporary directory, because a socket's
 * path is limited to about 100 bytes.
 */
export async function makeSocketDirectory(parent = tmpdir()): Promise<string> {
  return await mkdtemp(join(parent, `cartway-pg-${process.pid}-`));
}

/**
 * Removes the directories of killed processes: those whose process id is unused and whose socket nobody answers, as a process in a
 * container with ids of its own would. What cannot be removed, such as another user's, is left.
 */
export async function removeLeftSocketDirectories(parent = tmpdir()): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = named.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const directory = join(parent, name);
    if (await isAnswered(socketPath(directory))) continue;
    await rm(directory, { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // it exists, and belongs to another user
    return hasCode(thrown, "EPERM");
  }
}

function isAnswered(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(path);
  socket.on("connect", () => resolve(true));
  socket.on("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}
