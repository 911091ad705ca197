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
    const holder = Number(readFileSync(file, "utf8").split(" ")[0]);
    if (holder === process.pid || isAlive(file)) {
      throw new Error(
        `the data directory ${directory} is in use by process ${holder}: stop it first, or choose another`,
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

/** The process lives and is the one that wrote the file: a number that was given to another process since does not count. */
function isAlive(file: string): boolean {
  const [pid = "", start = ""] = readFileSync(file, "utf8").split(" ");
  try {
    process.kill(Number(pid), 0);
  } catch (thrown) {
    return thrown instanceof Error && "code" in thrown && thrown.code === "EPERM";
  }
  return startOf(Number(pid)) === start;
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
