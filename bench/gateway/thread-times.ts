import { readdirSync, readFileSync } from "node:fs";
import { familyOf } from "./process-usage.ts";

/** By thread id: the milliseconds for which it has run so far. */
export type ThreadTimes = ReadonlyMap<string, number>;

/** Of all threads of a process and its descendants, from Linux's `schedstat`, which counts nanoseconds. */
export function threadTimes(pid: number): ThreadTimes {
  const threads = familyOf(pid).flatMap((member) =>
    readdirSync(`/proc/${member}/task`).map(
      (thread) => [thread, runMs(`/proc/${member}/task/${thread}`)] as const,
    ),
  );
  return new Map(threads);
}

/** The milliseconds for which the busiest of the threads ran between the two readings. */
export function busiestSince(before: ThreadTimes, after: ThreadTimes): number {
  return Math.max(...[...after].map(([thread, ms]) => ms - (before.get(thread) ?? 0)));
}

/** 0 for a thread that ended between the listing and the reading. */
function runMs(directory: string): number {
  try {
    const [nanoseconds] = readFileSync(`${directory}/schedstat`, "utf8").split(" ");
    return Number(nanoseconds) / 1e6;
  } catch {
    return 0;
  }
}
