import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Held while this process has the directory open. */
export interface DirectoryLock {
  release(): void;
}

/**
 * Takes a data directory for this process, because the embedded engine takes no lock of its own and two processes would
 * destroy it. A lock left by a process that is gone is taken over. Throws naming the process that holds it.
 */
export function lockDirectory(directory: string): DirectoryLock {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "cartway.lock");
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (tryCreate(file)) return { release: () => rmSync(file, { force: true }) };
    const holder = readHolder(file);
    if (holder !== null && isAlive(holder)) {
      throw new Error(
        `the data directory ${directory} is in use by process ${holder.pid}: stop it first, or choose another`,
      );
    }
    rmSync(file, { force: true });
  }
  throw new Error(`the data directory ${directory} could not be locked`);
}

function tryCreate(file: string): boolean {
  try {
    writeFileSync(file, `${process.pid} ${startOf(process.pid)}`, { flag: "wx" });
    return true;
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "EEXIST") return false;
    throw thrown;
  }
}

interface Holder {
  readonly pid: number;
  readonly start: string;
}

/** Who wrote the file; `null` where a process ended before it had written all of it, which takes the living no time. */
function readHolder(file: string): Holder | null {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const [, pid, start] = /^([1-9]\d*) (\d*)$/.exec(readFileSync(file, "utf8")) ?? [];
    if (pid !== undefined && start !== undefined) return { pid: Number(pid), start };
    Bun.sleepSync(20);
  }
  return null;
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
