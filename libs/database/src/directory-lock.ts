import { Database } from "bun:sqlite";
import { accessSync, constants, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Held while this process has the directory open. */
export interface DirectoryLock {
  release(): void;
}

/**
 * Takes a data directory for this process, because the embedded engine takes no lock of its own and two processes would
 * destroy it. The system holds the lock and lets it go with the process, however that ends, so that no two can take over what a
 * third has left. Throws naming the process that holds it, or why nobody can.
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

/** The variable is that of `npm start`; whoever opens one app alone has said the directory already. */
const chooseAnother = "choose another (DATA_DIRECTORY)";

function makeWritable(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true });
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
 * An exclusive lock of the system's on a file, through SQLite, which knows how each system gives one; `null` where another process,
 * or this one, has it. The file stays: a lock on a file that is gone keeps nobody from another of its name.
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
    if (thrown instanceof Error && "code" in thrown && thrown.code === "SQLITE_BUSY") return null;
    throw new Error(`${path} cannot be locked: does its file system know locks?`, { cause: thrown });
  }
}

interface Holder {
  readonly pid: number;
  readonly start: string;
}

/**
 * Who wrote the file: to be told to people, and the one sign of a process of an earlier version, which asked the system for nothing.
 * `null` where there is none, or a process ended before it had written all of it.
 */
function readHolder(file: string): Holder | null {
  const [, pid, start] = /^([1-9]\d*) (\d*)$/.exec(readIfThere(file)) ?? [];
  return pid === undefined || start === undefined ? null : { pid: Number(pid), start };
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return "";
    throw thrown;
  }
}

/**
 * The process lives and is the one that wrote the file: a number that was given to another process since does not count, be it
 * this one, as in a container, where the numbers are the same each time it starts.
 */
function isAlive({ pid, start }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    return thrown instanceof Error && "code" in thrown && thrown.code === "EPERM";
  }
  return startOf(pid) === start;
}

/** When the process started, in the kernel's ticks (Linux); empty where the system does not tell. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
