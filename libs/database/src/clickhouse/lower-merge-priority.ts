import { existsSync, readdirSync, readFileSync } from "node:fs";
import { constants, getPriority, setPriority } from "node:os";
import { join } from "node:path";

/** Above this process's own, out of 19: a merge thread gets a tenth of a normal thread's share under load, so merges still make progress. */
const nicer = 10;

/** The name of the threads that merge parts. */
const mergerName = "MergeMutate";

/**
 * Lowers the priority of the embedded engine's merge threads, which otherwise compete with request processing at two full threads for the
 * length of a merge. To be called once the engine is open, when the threads exist. The engine's own setting requires CAP_SYS_NICE. Linux
 * only; has no effect elsewhere.
 * @returns the ids of the threads
 */
export function lowerMergePriority(tasks = "/proc/self/task"): readonly number[] {
  if (!existsSync(tasks)) return [];
  const mergers = readdirSync(tasks).filter((thread) => nameOf(join(tasks, thread, "comm")) === mergerName);
  const niceness = Math.min(constants.priority.PRIORITY_LOW, getPriority() + nicer);
  return mergers.map(Number).filter((thread) => isSet(thread, niceness));
}

/** Empty for a thread that ended after it was listed. */
function nameOf(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return "";
  }
}

/** On Linux the call accepts thread ids as well as process ids. */
function isSet(thread: number, niceness: number): boolean {
  try {
    setPriority(thread, niceness);
    return true;
  } catch {
    return false;
  }
}
