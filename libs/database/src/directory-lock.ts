import { Database } from "bun:sqlite";
import { accessSync, constants, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hasCode } from "@libs/errors";

/** Held while this process uses the directory. */
export interface DirectoryLock {
  release(): void;
}

/**
 * Locks a data directory for this process: the embedded engine does not, and two processes would corrupt it. The lock belongs to the
 * operating system, which releases it however the process ends, so no stale lock ever has to be broken. Throws with the process that
 * holds it, or the reason why it cannot be locked.
 */
export function lockDirectory(directory: string): DirectoryLock {
  makeWritable(directory);
  const file = join(directory, "cartway.lock");
  const held = lockFile(join(directory, "cartway.lock.held"));
  const holder = readHolder(file);
  if (held === null || (holder !== null && isAlive(holder))) {
    held?.close();
    throw new Error(
      `the data directory ${directory} is in use by ${holder === null ? "another process" : `process ${holder.pid}`}: stop it first, or ${chooseAnother}`,
    );
  }
  writeFileSync(file, `${process.pid} ${startOf(process.pid)}`);
  return {
    release() {
      rmSync(file, { force: true });
      held.close();
    },
  };
}

/** The variable is that of `npm start`; a single app was given its directory explicitly. */
const chooseAnother = "choose another (DATA_DIRECTORY)";

function makeWritable(directory: string): void {
  try {
    // events and accounts are nobody else's to read
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (thrown) {
    const message = `the data directory ${directory} cannot be written to: let this user write there, or ${chooseAnother}`;
    throw new Error(message, { cause: thrown });
  }
}

interface HeldFile {
  close(): void;
}

/**
 * An exclusive operating system lock on a file, taken through SQLite, which supports all systems; `null` where this or another process
 * holds it. The file is never deleted: a lock on a deleted file would not exclude one on a new file of the same name.
 */
function lockFile(path: string): HeldFile | null {
  const database = new Database(path, { create: true });
  const close = (): void => database.close(true);
  try {
    database.run("pragma busy_timeout = 0");
    database.run("pragma journal_mode = memory");
    database.run("begin exclusive");
    return {
      close() {
        database.run("rollback");
        close();
      },
    };
  } catch (thrown) {
    close();
    if (hasCode(thrown, "SQLITE_BUSY")) return null;
    throw new Error(`${path} cannot be locked: does its file system know locks?`, { cause: thrown });
  }
}

interface Holder {
  readonly pid: number;
  readonly start: string;
}

/**
 * The process that wrote the file: for messages, and as the only sign of an earlier version's process, which took no system lock. `null`
 * where there is none, or the process ended before it had written everything.
 */
function readHolder(file: string): Holder | null {
  const [, pid, start] = /^([1-9]\d*) (\d*)$/.exec(readIfThere(file)) ?? [];
  return pid === undefined || start === undefined ? null : { pid: Number(pid), start };
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (thrown) {
    if (hasCode(thrown, "ENOENT")) return "";
    throw thrown;
  }
}

/**
 * Whether the process that wrote the file is still running. A reused process id does not count, not even this process's own, as happens
 * in containers, where ids repeat at each start.
 */
function isAlive({ pid, start }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    return hasCode(thrown, "EPERM");
  }
  return startOf(pid) === start;
}

/** When the process started, in kernel ticks (Linux); empty where unavailable. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
