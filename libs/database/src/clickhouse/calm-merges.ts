import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setPriority } from "node:os";
import { join } from "node:path";

/** Of 19 steps down: a tenth of a full thread's share where others want the processor, so that merges still go on. */
const niceness = 10;

/** The kernel's name of the threads that merge parts. */
const mergerName = "MergeMutate";

/**
 * Gives the threads that merge the embedded engine's parts less of the processor than those that answer requests, which stood
 * beside two full threads for as long as a merge took. To be called when the engine is open, whose threads stand by then. The
 * engine's own setting for it asks for CAP_SYS_NICE. Linux only: elsewhere threads have no such number, and nothing is done.
 * @returns the threads
 */
export function calmMerges(tasks = "/proc/self/task"): readonly number[] {
  if (!existsSync(tasks)) return [];
  const mergers = readdirSync(tasks).filter((thread) => nameOf(join(tasks, thread, "comm")) === mergerName);
  return mergers.map(Number).filter(isCalmed);
}

/** A thread may end between the list and the look. */
function nameOf(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return "";
  }
}

/** On Linux the call takes a thread's number as well as a process's. */
function isCalmed(thread: number): boolean {
  try {
    setPriority(thread, niceness);
    return true;
  } catch {
    return false;
  }
}
